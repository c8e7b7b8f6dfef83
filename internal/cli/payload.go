package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// maxInput bounds what is read from stdin as one payload, in bytes. It is more
// than any hub takes, which then says what it takes.
const maxInput = 64 << 20

// Payload returns the JSON that an argument holds: "-" stands for what is on
// stdin, nothing for no payload. What says what the payload is, for the error.
func Payload(what, arg string, stdin io.Reader) (json.RawMessage, error) {
	data := []byte(arg)
	if arg == "-" {
		var err error
		if data, err = io.ReadAll(io.LimitReader(stdin, maxInput)); err != nil {
			return nil, fmt.Errorf("reading the %s from stdin: %w", what, err)
		}
	}
	if len(data) == 0 {
		return nil, nil
	}
	var payload json.RawMessage
	if err := json.Unmarshal(data, &payload); err != nil {
		return nil, Usagef("the %s is not JSON: %w%s", what, err, hint(data))
	}
	return payload, nil
}

// hint says what was probably forgotten around a bare word.
func hint(data []byte) string {
	if bytes.ContainsAny(data[:1], "{[\"") {
		return ""
	}
	return ` (a string needs its quotes: '"text"')`
}
