package hub

import (
	"context"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Requests are what clients ask of instances.
type Requests interface {
	// Post stores a control message and returns its number.
	Post(ctx context.Context, m Message) (uint64, error)
	// Ask is Post of an event, and a channel on which is said what became of it. No
	// answer may ever come: a worker that dies at the wrong moment gives none. The
	// channel is listened to until ctx ends.
	Ask(ctx context.Context, m Message) (uint64, <-chan history.Outcome, error)
	// Start stores a start message, returns its number and, if the instance's record
	// still has the revision m.Replaces, stores the claim as its new record;
	// [ErrConflict], beside the number, if it has not. Whoever finds the message
	// without the claim can do without it. The message of a claim that was refused
	// because of a record is void for good, even when nothing is left of that record.
	Start(ctx context.Context, m Message, claim *record.InstanceRecord) (uint64, error)
	// Claim stores a claim for a message that Start has stored, if the instance's record
	// has that revision; [ErrConflict] if it has not.
	Claim(ctx context.Context, instance string, claim *record.InstanceRecord, replaces uint64) error
	// Settled reports whether what the instance has taken in, up to the message of
	// that number, is dealt with for good: a worker has carried out what was decided
	// on it, and none of it will be handed out again.
	Settled(ctx context.Context, instance string, watermark uint64) (bool, error)
	// Purge removes the instance's record, history and timers, if its revision is
	// still the given one; [ErrConflict] otherwise. Of a purged instance it removes
	// what an earlier call may have left.
	Purge(ctx context.Context, instance string, revision uint64) error
}
