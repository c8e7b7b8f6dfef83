package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// maxInput is how many bytes are read from stdin at most. It is more than any hub takes, so
// that the hub says how much it takes.
const maxInput = 64 << 20

// Payload returns the JSON of an argument; "-" stands for stdin. An empty text is an error: to
// send no payload, the argument is left out. The error names the payload by what.
func Payload(what, arg string, stdin io.Reader) (json.RawMessage, error) {
	data := []byte(arg)
	if arg == "-" {
		what += " on stdin"
		var err error
		if data, err = ReadInput(what, stdin); err != nil {
			return nil, err
		}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, Usagef("the %s is empty, which is not JSON: leave it out to send none", what)
	}
	var payload json.RawMessage
	if err := json.Unmarshal(data, &payload); err != nil {
		return nil, Usagef("the %s is not JSON: %w%s", what, err, hint(data))
	}
	return payload, nil
}

// ReadInput returns everything on stdin, unchanged. The error names it by what.
func ReadInput(what string, stdin io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(stdin, maxInput+1))
	if err == nil && len(data) > maxInput {
		err = fmt.Errorf("it is larger than %d MiB", maxInput>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("the %s cannot be read: %w", what, err)
	}
	return data, nil
}

// hint returns what is probably wrong with a word that is not JSON.
func hint(data []byte) string {
	word := strings.ToLower(string(bytes.TrimSpace(data)))
	switch {
	case word == "true", word == "false", word == "null":
		return fmt.Sprintf(" (JSON writes it %s)", word)
	case strings.ContainsAny(word[:1], "{[\""):
		return ""
	}
	return ` (a string needs its quotes: '"text"')`
}
