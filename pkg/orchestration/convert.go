package orchestration

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

// ConversionError says that the payload of an external event cannot be read as
// the type that the orchestrator asked for.
type ConversionError struct {
	// Event is the event's name as it was raised.
	Event string
	// Type is the Go type that was asked for.
	Type string
	// Payload is the start of the payload, at most 100 bytes.
	Payload string
	// Err is the error of encoding/json.
	Err error
}

// Error names the event, the type and the start of the payload.
func (e *ConversionError) Error() string {
	return fmt.Sprintf("event %q: payload %s cannot be read as %s: %v", e.Event, e.Payload, e.Type, e.Err)
}

// Unwrap returns the error of encoding/json.
func (e *ConversionError) Unwrap() error { return e.Err }

var errNoPayload = errors.New("there is no payload")

// convert reads an event's payload as a T, by the rules told at
// [WaitForExternalEvent].
func convert[T any](event string, data []byte, exact bool) (T, error) {
	var value T
	target := reflect.ValueOf(&value).Elem()
	// A payload whose UnmarshalJSON panics cannot be read.
	err := replay.Protect(func() error { return convertInto(target, bytes.TrimSpace(data), exact) })
	if err != nil {
		var zero T
		return zero, &ConversionError{Event: event, Type: target.Type().String(), Payload: excerpt(data), Err: err}
	}
	return value, nil
}

func convertInto(target reflect.Value, data []byte, exact bool) error {
	if target.Type() == none {
		return nil
	}
	if isNothing(data) {
		if takesNothing(target.Type()) {
			return nil
		}
		return errNoPayload
	}
	err := unmarshal(data, target.Addr().Interface(), exact)
	if err == nil {
		return nil
	}
	target.SetZero()
	if text, ok := lenient(basicKind(target.Type()), data); ok && unmarshal(text, target.Addr().Interface(), exact) == nil {
		return nil
	}
	return err
}

var none = reflect.TypeFor[None]()

// isNothing reports whether JSON says nothing.
func isNothing(data []byte) bool {
	data = bytes.TrimSpace(data)
	return len(data) == 0 || string(data) == "null"
}

func takesNothing(t reflect.Type) bool {
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

// lenient returns the JSON that data stands for when a value of that kind is
// wanted, and whether there is any.
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

// decode reads the input or result of an orchestrator or activity. Nothing reads
// as the zero value, anything as a [None].
func decode[T any](data []byte, exact bool) (T, error) {
	var value T
	if len(bytes.TrimSpace(data)) == 0 || reflect.TypeFor[T]() == none {
		return value, nil
	}
	if err := replay.Protect(func() error { return unmarshal(data, &value, exact) }); err != nil {
		var zero T
		return zero, err
	}
	return value, nil
}

// encode writes a value as JSON; a [None] or nil is nothing.
func encode(value any) ([]byte, error) {
	switch v := value.(type) {
	case nil, None:
		return nil, nil
	case json.RawMessage:
		if len(v) == 0 {
			return nil, nil
		}
	}
	return rawjson.Encode(value)
}

// encodeFor writes a value as JSON and holds it to the hub's limit.
func encodeFor(ctx *Context, value any) ([]byte, error) {
	data, err := encode(value)
	if most := ctx.env.Info().MaxPayload; err == nil && most > 0 && len(data) > most {
		return nil, fmt.Errorf("%w: %d bytes, the hub's limit is %d", ErrTooLarge, len(data), most)
	}
	return data, err
}
