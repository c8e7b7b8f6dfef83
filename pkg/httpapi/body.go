package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// maxDepth is how deep a body may be nested. What is deeper than 10,000 could be read
// here, but not be written again as a part of a status.
const maxDepth = 1000

// body reads the body. It returns a problem if it is too large, or not JSON; what is
// empty is left to the caller to judge.
func (x *exchange) body() (json.RawMessage, error) {
	data, err := x.read()
	if err != nil {
		return nil, err
	}
	data = trim(data)
	return data, checkJSON(data)
}

func (x *exchange) read() ([]byte, error) {
	// The writer of net/http itself: only that one closes the connection of who sends too much.
	data, err := io.ReadAll(http.MaxBytesReader(x.w.ResponseWriter, x.r.Body, int64(x.api.config.MaxBody)))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, problemf(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", large.Limit)
	case err != nil:
		return nil, problemf(http.StatusBadRequest, "the body could not be read to its end")
	}
	return data, nil
}

// trim returns data without space around it, and without the mark that some programs
// put before what is UTF-8.
func trim(data []byte) []byte {
	return bytes.Trim(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n")
}

// marshal writes a value as JSON, on one line.
func marshal(value any) ([]byte, error) { return history.EncodeJSON(value) }

// checkJSON returns a problem if data is neither empty nor JSON.
func checkJSON(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	if !utf8.Valid(data) {
		return problemf(http.StatusBadRequest, "the body is not JSON: it is not valid UTF-8")
	}
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return problemf(http.StatusBadRequest, "the body is not JSON: %s", err)
	}
	if depth(data) > maxDepth {
		return problemf(http.StatusBadRequest, "the body is nested deeper than %d levels", maxDepth)
	}
	return nil
}

// depth returns how deep JSON is nested.
func depth(data []byte) int {
	now, most := 0, 0
	inString := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[', c == '{':
			now++
			most = max(most, now)
		case c == ']', c == '}':
			now--
		}
	}
	return most
}
