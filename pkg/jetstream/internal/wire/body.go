package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// ErrNotJSON is returned for a payload that has to be JSON and is not.
var ErrNotJSON = errors.New("not JSON")

// startBody is the body of a start that comes with an event.
type startBody struct {
	Input json.RawMessage `json:"input"`
	Data  json.RawMessage `json:"data"`
}

// newBody returns the body of a message: its payload, or, where an event comes with a start,
// an object with both payloads. They are joined by hand, so that each is read byte by byte as
// it was written.
func newBody(m hub.Message) ([]byte, error) {
	if m.Verb != hub.VerbStart || m.With == nil {
		return m.Data, nil
	}
	var members [][]byte
	for _, member := range []struct {
		key  string
		data []byte
	}{{`"input":`, m.Data}, {`"data":`, m.With.Data}} {
		if len(member.data) == 0 {
			continue
		}
		if !json.Valid(member.data) {
			return nil, fmt.Errorf("start instance %q with event %q: %s is %w", m.Instance, m.With.Name, member.key[:len(member.key)-1], ErrNotJSON)
		}
		members = append(members, append([]byte(member.key), bytes.TrimSpace(member.data)...))
	}
	return append(append([]byte{'{'}, bytes.Join(members, []byte{','})...), '}'), nil
}

// splitBody is the inverse of [newBody] for a start that comes with an event.
func splitBody(body []byte) (input, data []byte, err error) {
	if len(body) == 0 {
		return nil, nil, nil
	}
	var b startBody
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&b)
	if err == nil {
		if _, end := decoder.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("there is more behind it")
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf(`the body must be {"input": …, "data": …}: %w`, err)
	}
	return b.Input, b.Data, nil
}
