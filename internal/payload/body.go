package payload

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"unicode/utf8"
)

// ReadBody reads the body of a queue's message as a T: as [Read] does, and as plain text too.
// A text that is not JSON is read as if it were a JSON string of it, without white space
// around it: for a string any such text, for another type one that does not begin as JSON
// does, with a quote, a bracket or a brace. It returns an [*Error] for a body that cannot be
// read.
func ReadBody[T any](body []byte) (T, error) {
	value, err := Read[T](body, true)
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
	if value, bad := Read[T](quoted, true); bad == nil {
		return value, nil
	}
	return value, err
}
