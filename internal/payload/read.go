package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
	"github.com/dormouse-dev/dormouse/internal/replay"
)

// Error says that a payload cannot be read as the type that the code asked for.
type Error struct {
	// Type is the Go type.
	Type string
	// Payload is the start of the payload, at most 100 bytes.
	Payload string
	// Err is the error of encoding/json.
	Err error
}

// Error names the type and the start of the payload.
func (e *Error) Error() string {
	return fmt.Sprintf("payload %s cannot be read as %s: %v", e.Payload, e.Type, e.Err)
}

// Unwrap returns the error of encoding/json.
func (e *Error) Unwrap() error { return e.Err }

var errNoPayload = errors.New("there is no payload")

// Read reads an event's payload as a T, by the rules told at orchestration.Event.Wait, with
// exact numbers unless exact is false. It returns an [*Error] for a payload that cannot be
// read.
func Read[T any](data []byte, exact bool) (T, error) {
	var value T
	target := reflect.ValueOf(&value).Elem()
	// A payload whose UnmarshalJSON panics cannot be read.
	err := replay.Protect(func() error { return convertInto(target, bytes.TrimSpace(data), exact) })
	if err != nil {
		var zero T
		return zero, &Error{Type: target.Type().String(), Payload: excerpt(data), Err: err}
	}
	return value, nil
}

func convertInto(target reflect.Value, data []byte, exact bool) error {
	if target.Type() == none {
		return nil
	}
	if IsNothing(data) {
		if TakesNothing(target.Type()) {
			return nil
		}
		return errNoPayload
	}
	err := Unmarshal(data, target.Addr().Interface(), exact)
	if err == nil {
		return nil
	}
	target.SetZero()
	if text, ok := lenient(basicKind(target.Type()), data); ok && Unmarshal(text, target.Addr().Interface(), exact) == nil {
		return nil
	}
	return err
}

var none = reflect.TypeFor[struct{}]()

// IsNothing reports whether JSON holds no value: it is empty or null.
func IsNothing(data []byte) bool {
	data = bytes.TrimSpace(data)
	return len(data) == 0 || string(data) == "null"
}

// TakesNothing reports whether a value of the type can be read where there is none.
func TakesNothing(t reflect.Type) bool {
	if t == none {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		return true
	}
	return false
}

// basicKind returns the kind of t, or of the type that t points to.
func basicKind(t reflect.Type) reflect.Kind {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind()
}

// lenient returns the JSON that data stands for where a value of that kind is read, and
// whether there is any.
func lenient(kind reflect.Kind, data []byte) ([]byte, bool) {
	if kind == reflect.String {
		if data[0] == '"' || data[0] == '{' || data[0] == '[' || !json.Valid(data) {
			return nil, false
		}
		text, err := json.Marshal(string(data))
		return text, err == nil
	}
	var text string
	if json.Unmarshal(data, &text) != nil {
		return nil, false
	}
	text = strings.TrimSpace(text)
	switch {
	case kind == reflect.Bool:
		text = strings.ToLower(text)
		return []byte(text), text == "true" || text == "false"
	case kind >= reflect.Int && kind <= reflect.Float64:
		return []byte(text), text != "null"
	}
	return nil, false
}

func excerpt(data []byte) string {
	const most = 100
	if len(data) == 0 {
		return "(none)"
	}
	cut := data
	if len(cut) > most {
		cut = cut[:most]
		for len(cut) > 0 && !utf8.Valid(cut) && len(cut) > most-utf8.UTFMax {
			cut = cut[:len(cut)-1]
		}
	}
	text := strings.ToValidUTF8(string(cut), "\uFFFD")
	if len(cut) < len(data) {
		text += "…"
	}
	return text
}

// Decode reads the input or result of an orchestrator or activity, with exact numbers unless
// exact is false. No JSON reads as the zero value, and any JSON as a struct{}.
func Decode[T any](data []byte, exact bool) (T, error) {
	var value T
	if len(bytes.TrimSpace(data)) == 0 || reflect.TypeFor[T]() == none {
		return value, nil
	}
	if err := replay.Protect(func() error { return Unmarshal(data, &value, exact) }); err != nil {
		var zero T
		return zero, err
	}
	return value, nil
}

// Encode writes a value as JSON; a struct{} or nil is no JSON at all.
func Encode(value any) ([]byte, error) {
	switch v := value.(type) {
	case nil, struct{}:
		return nil, nil
	case json.RawMessage:
		if len(v) == 0 {
			return nil, nil
		}
	}
	return rawjson.Encode(value)
}
