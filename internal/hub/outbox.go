package hub

import (
	"context"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Outbox carries out what was committed.
type Outbox interface {
	// Send carries out commands in order and returns when all are stored. Doing
	// them again has no second effect, but that an activity may run twice, and that
	// a message told may be delivered twice.
	Send(ctx context.Context, commands []Command) error
	// Post stores a control message and returns its number.
	Post(ctx context.Context, m Message) (uint64, error)
	// Reply says what became of an event, to whom its receipt names. Nobody may be
	// listening.
	Reply(ctx context.Context, receipt string, outcome history.Outcome) error
}
