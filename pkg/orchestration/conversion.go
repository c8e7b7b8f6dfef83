package orchestration

import (
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/payload"
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

// read reads an event's payload as a T.
func read[T any](event string, data []byte, exact bool) (T, error) {
	value, err := payload.Read[T](data, exact)
	if err == nil {
		return value, nil
	}
	var unreadable *payload.Error
	if errors.As(err, &unreadable) {
		err = &ConversionError{Event: event, Type: unreadable.Type, Payload: unreadable.Payload, Err: unreadable.Err}
	}
	return value, err
}

// encode writes a value as JSON and holds it to the hub's limit.
func encode(ctx *Context, value any) ([]byte, error) {
	data, err := payload.Encode(value)
	if most := ctx.env.Info().MaxPayload; err == nil && most > 0 && len(data) > most {
		return nil, fmt.Errorf("%w: %d bytes, the hub's limit is %d", ErrTooLarge, len(data), most)
	}
	return data, err
}
