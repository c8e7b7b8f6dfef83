package record

import (
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// SealClosed returns what generations have decided last as a log, to be stored in
// segments; cut in pieces, it can be put together again.
func SealClosed(closed []Closed) Log {
	var events []Event
	for _, c := range closed {
		events = append(events, Event{Kind: history.ContinuedAsNew, Name: c.Execution})
		events = append(events, c.Events...)
	}
	return NewLog(events...)
}

// OpenClosed is the inverse of [SealClosed], given the pieces in order.
func OpenClosed(pieces [][]byte) ([]Closed, error) {
	var closed []Closed
	for _, stored := range pieces {
		events, err := decodeEvents(stored)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			switch {
			case e.Kind == history.ContinuedAsNew:
				closed = append(closed, Closed{Execution: e.Name})
			case len(closed) == 0:
				return nil, fmt.Errorf("%w: a closed generation has no name", ErrCorrupt)
			default:
				last := &closed[len(closed)-1]
				last.Events = append(last.Events, e)
			}
		}
	}
	return closed, nil
}
