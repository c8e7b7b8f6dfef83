package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
)

// maxDepth is how deep a body may be nested. What is deeper than 10,000 could be read
// here, but not be written again as a part of a status.
const maxDepth = 1000

// received is the body of a request as it was sent.
type received struct {
	data []byte
	// wrong is set where the body did not come whole, or cannot be read. Routes that take
	// no body do not mind.
	wrong *problem
}

// body returns the body. It returns a problem if the body is too large, or not JSON; an
// empty one is left to the caller to judge.
func (x *exchange) body() (json.RawMessage, error) {
	data, err := x.read()
	if err != nil {
		return nil, err
	}
	data = trim(data)
	return data, checkJSON(data)
}

// read returns the body as it was sent.
func (x *exchange) read() ([]byte, error) {
	if x.received.wrong != nil {
		return nil, x.received.wrong
	}
	return x.received.data, nil
}

// trim returns data without space around it, and without the mark that some programs
// put before what is UTF-8.
func trim(data []byte) []byte {
	return bytes.Trim(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n")
}

// marshal writes a value as JSON, on one line.
func marshal(value any) ([]byte, error) { return rawjson.Encode(value) }

// checkJSON returns a problem if data is neither empty nor JSON.
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

// notJSON is the problem of a body that no status could show again.
func notJSON(format string, args ...any) *problem {
	p := problemf(http.StatusBadRequest, format, args...)
	p.headline = "Invalid JSON content"
	return p
}
