package access

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// ParseKeys reads keys: one a line, or with ";" between them, each of the form
//
//	NAME KEY [SCOPES [HUBS]]
//
// with scopes (all, read, raise, start) and hubs separated by commas. A key without scopes is
// good for everything on all hubs; [Keys.Warnings] warns of it. Empty lines, and the text
// behind a "#", are ignored. Errors tell the line and nothing that stands in it.
func ParseKeys(text string) (*Keys, error) {
	var keys []Key
	var warnings []string
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		for entry := range strings.SplitSeq(line, ";") {
			if strings.TrimSpace(entry) == "" {
				continue
			}
			key, err := parseKey(entry)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			if len(strings.Fields(entry)) == 2 {
				warnings = append(warnings, fmt.Sprintf("the key %s has no scopes and may do everything: name its scopes, or write all", key.Name))
			}
			keys = append(keys, key)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	k, err := NewKeys(keys...)
	if err == nil {
		k.warnings = append(warnings, k.warnings...)
	}
	return k, err
}

func parseKey(entry string) (Key, error) {
	fields := strings.Fields(entry)
	if len(fields) < 2 || len(fields) > 4 {
		return Key{}, errors.New("a key is written NAME KEY [SCOPES [HUBS]]")
	}
	key := Key{Name: fields[0], Secret: fields[1], Scope: ScopeAll}
	if len(fields) > 2 {
		var err error
		if key.Scope, err = ParseScope(fields[2]); err != nil {
			return Key{}, err
		}
	}
	if len(fields) > 3 {
		key.Hubs = strings.Split(fields[3], ",")
	}
	return key, key.check()
}

// ReadKeys reads a file as [ParseKeys] does. If there is no such file the error does not name
// it: the name may be a key that was given in the wrong place.
func ReadKeys(path string) (*Keys, error) {
	data, err := os.ReadFile(path)
	var unread *fs.PathError
	switch {
	case errors.As(err, &unread):
		return nil, fmt.Errorf("the file of keys cannot be read: %w", unread.Err)
	case err != nil:
		return nil, err
	}
	keys, err := ParseKeys(string(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0 {
		keys.warnings = append(keys.warnings, fmt.Sprintf("everybody on this computer can read the keys in %s: chmod 600 it", path))
	}
	return keys, nil
}
