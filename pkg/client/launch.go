package client

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// launch is a start that was asked for, with its options.
type launch struct {
	id, name string
	input    []byte
	tags     Tags
	version  string
	at       time.Time
	reuse    IDReuse
	eventID  string
	with     *hub.Raised
	// once tells the instance of the same start from others, nil without an idempotency key.
	once *idempotency
}

// message returns the start message of an attempt.
func (l *launch) message(execution string, replaces uint64) hub.Message {
	return hub.Message{
		Instance:  l.id,
		Verb:      hub.VerbStart,
		Arg:       l.name,
		Data:      l.input,
		Execution: execution,
		Replaces:  replaces,
		Tags:      l.tags,
		StartAt:   l.at,
		Version:   l.version,
		With:      l.with,
	}
}

// claim returns the record that reserves the id for the new instance until a worker comes to
// the start message.
func (l *launch) claim(execution string, before predecessor, now time.Time) *record.InstanceRecord {
	return &record.InstanceRecord{
		Name:      l.name,
		Execution: execution,
		Status:    history.Pending,
		Created:   now,
		Updated:   now,
		Input:     l.input,
		Tags:      l.tags,
		Version:   l.version,
		Watermark: before.watermark,
		Closed:    before.lastTurn,
		Kept:      before.kept,
	}
}
