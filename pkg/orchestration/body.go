package orchestration

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"unicode/utf8"
)

// ReadBody reads the body of a message that came by no orchestrator as a T: by the
// rules for payloads told at [WaitForExternalEvent], and as a plain text too. A text
// that is not JSON is read as if it were a JSON string of it, without white space
// around it: by a string any such text, by another type one that does not begin as
// JSON does, with a quote, a bracket or a brace. It returns a [*ConversionError],
// whose Event is the name.
func ReadBody[T any](name string, body []byte) (T, error) {
	value, err := convert[T](name, body, true)
	if err == nil {
		return value, nil
	}
	text := bytes.TrimSpace(body)
	if len(text) == 0 || json.Valid(text) || !utf8.Valid(text) {
		return value, err
	}
	if basicKind(reflect.TypeFor[T]()) != reflect.String && strings.IndexByte(`"[{`, text[0]) >= 0 {
		return value, err
	}
	quoted, notQuoted := json.Marshal(string(text))
	if notQuoted != nil {
		return value, err
	}
	if value, bad := convert[T](name, quoted, true); bad == nil {
		return value, nil
	}
	return value, err
}
