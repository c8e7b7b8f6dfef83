// Package rawjson makes JSON of values, of bytes that somebody sent, and of texts.
package rawjson

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Encode writes a value as JSON, <, > and & as they are: nobody pastes a
// payload into HTML unescaped, and people read them in terminals.
func Encode(value any) ([]byte, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// From returns data as JSON, nil for none: as it is, or as a string where it is none.
// What a plain NATS publisher sends need not be JSON, nor UTF-8.
func From(data []byte) json.RawMessage {
	if len(data) == 0 {
		return nil
	}
	if !utf8.Valid(data) {
		data = bytes.ToValidUTF8(data, []byte("\ufffd"))
	}
	if json.Valid(data) {
		return data
	}
	return Quote(string(data))
}

// Quote returns a string as JSON.
func Quote(text string) json.RawMessage {
	data, _ := json.Marshal(text) // strings always marshal
	return data
}
