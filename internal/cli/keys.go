package cli

import "github.com/dormouse-dev/dormouse/pkg/access"

// KeysVariable is the environment variable that holds the keys of the HTTP API.
const KeysVariable = "DORMOUSE_HTTP_KEYS"

// ReadKeys returns the keys of the HTTP API that stand in a file or, where no file is
// named, in a text; nil if there is neither.
func ReadKeys(file, text string) (*access.Keys, error) {
	switch {
	case file != "":
		keys, err := access.ReadKeys(file)
		if err != nil {
			return nil, Usagef("keys of the HTTP API: %w", err)
		}
		return keys, nil
	case text != "":
		keys, err := access.ParseKeys(text)
		if err != nil {
			return nil, Usagef("keys of the HTTP API in %s: %w", KeysVariable, err)
		}
		return keys, nil
	}
	return nil, nil
}
