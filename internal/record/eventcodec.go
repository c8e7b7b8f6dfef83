package record

import (
	"bytes"
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

func appendEvents(stored []byte, events []Event) []byte {
	if len(events) == 0 {
		return stored
	}
	w := newWriter(0)
	defer w.free()
	w.buf = *bytes.NewBuffer(stored)
	for _, e := range events {
		w.event(e)
	}
	return w.done()
}

func decodeEvents(stored []byte) ([]Event, error) {
	r := newReader(stored)
	defer r.free()
	var events []Event
	for r.more() {
		events = append(events, r.event())
	}
	if r.err != nil {
		return nil, fmt.Errorf("%w: history: %w", ErrCorrupt, r.err)
	}
	return events, nil
}

func (w *writer) event(e Event) {
	w.array(eventFields)
	w.int(int64(e.Kind))
	w.time(e.Time)
	w.int(e.Task)
	w.str(e.Name)
	w.str(e.ref)
	w.bytes(e.Data)
	w.time(e.at)
	w.failure(e.Failure)
}

func (r *reader) event() Event {
	n := r.array()
	e := Event{
		Kind: history.Kind(r.byte()), Time: r.time(), Task: r.int(), Name: r.str(), ref: r.str(),
		Data: r.bytes(), at: r.time(), Failure: r.failure(),
	}
	r.skip(n - eventFields)
	return e
}

func (w *writer) failure(f *history.Failure) {
	if f == nil {
		w.null()
		return
	}
	w.array(failureFields)
	w.str(f.Type)
	w.str(f.Message)
	w.str(f.Stack)
	w.bool(f.NonRetryable)
	w.failure(f.Cause)
}

func (r *reader) failure() *history.Failure {
	if r.null() {
		return nil
	}
	n := r.array()
	f := &history.Failure{Type: r.str(), Message: r.str(), Stack: r.str(), NonRetryable: r.bool(), Cause: r.failure()}
	r.skip(n - failureFields)
	return f
}
