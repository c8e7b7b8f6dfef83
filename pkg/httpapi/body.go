package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
)

// maxDepth is how deep a body may be nested. JSON of more than 10,000 levels could be read, but
// not be written again as a part of a status.
const maxDepth = 1000

// body is the body of a request as it was sent.
type body struct {
	data []byte
	// wrong is set if the body did not arrive whole or cannot be read. Routes that take no
	// body ignore it.
	wrong *problem
}

// json returns the body, which may be empty. It returns a problem if the body is wrong or not
// JSON.
func (b body) json() (json.RawMessage, error) {
	data, err := b.bytes()
	if err != nil {
		return nil, err
	}
	data = trim(data)
	return data, checkJSON(data)
}

// bytes returns the body as it was sent.
func (b body) bytes() ([]byte, error) {
	if b.wrong != nil {
		return nil, b.wrong
	}
	return b.data, nil
}

// trim returns data without space around it, and without the byte order mark that some
// programs put before UTF-8.
func trim(data []byte) []byte {
	return bytes.Trim(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n")
}

// marshal writes a value as JSON, on one line.
func marshal(value any) ([]byte, error) { return rawjson.Encode(value) }

// checkJSON returns a problem unless data is empty or JSON.
func checkJSON(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	if !utf8.Valid(data) {
		return notJSON("the body is not JSON: it is not valid UTF-8")
	}
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return notJSON("the body is not JSON: %s", err)
	}
	if depth(data) > maxDepth {
		return notJSON("the body is nested deeper than %d levels", maxDepth)
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

// notJSON is the problem of a body that could not be shown in a status.
func notJSON(format string, args ...any) *problem {
	p := problemf(http.StatusBadRequest, format, args...)
	p.headline = "Invalid JSON content"
	return p
}
