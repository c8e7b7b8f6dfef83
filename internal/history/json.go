package history

import (
	"bytes"
	"encoding/json"
)

// EncodeJSON writes a value as JSON, <, > and & as they are: nobody pastes a
// payload into HTML unescaped, and people read them in terminals.
func EncodeJSON(value any) ([]byte, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
