package client

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// Hub is what a client needs of the place where instances live. Package
// jetstream implements it.
type Hub interface {
	// Load returns the instance's value and revision, nil and the revision to
	// expect if there is none. The value may be stale.
	Load(ctx context.Context, instance string) (*history.Value, uint64, error)
	// LoadLatest is Load, but never stale.
	LoadLatest(ctx context.Context, instance string) (*history.Value, uint64, error)
	// ReadSegments returns sealed events, in the order of the keys.
	ReadSegments(ctx context.Context, instance string, keys []string) ([][]byte, error)
	// Post stores a control message and returns its number.
	Post(ctx context.Context, m history.Message) (uint64, error)
	// Ask is Post of an event, and a channel on which is said what became of it. No
	// answer may ever come: a worker that dies at the wrong moment gives none. The
	// channel is listened to until ctx ends.
	Ask(ctx context.Context, m history.Message) (uint64, <-chan history.Outcome, error)
	// Start stores a start message, returns its number and, if the instance's value
	// still has the revision m.Replaces, stores the claim as its new value;
	// [history.ErrConflict], beside the number, if it has not. Whoever finds the message
	// without the claim can do without it. The message of a claim that was refused
	// because of a value is void for good, even when nothing is left of that value.
	Start(ctx context.Context, m history.Message, claim *history.Value) (uint64, error)
	// Claim stores a claim for a message that Start has stored, if the instance's value
	// has that revision; [history.ErrConflict] if it has not.
	Claim(ctx context.Context, instance string, claim *history.Value, replaces uint64) error
	// Watch sends a token at once and after each change of the instance's value,
	// until ctx ends. A reader that is slow gets one token for many changes.
	Watch(ctx context.Context, instance string) (<-chan struct{}, error)
	// WatchAll is Watch of all instances: a token stands for changes of any.
	WatchAll(ctx context.Context) (<-chan struct{}, error)
	// Scan calls visit for each instance in the order of their last change,
	// beginning with the first change at or after cursor, until visit returns
	// false or all have been visited.
	Scan(ctx context.Context, cursor uint64, visit func(history.Summary) bool) error
	// Settled reports whether what the instance has taken in, up to the message of
	// that number, is dealt with for good: a worker has carried out what was decided
	// on it, and none of it will be handed out again.
	Settled(ctx context.Context, instance string, watermark uint64) (bool, error)
	// Purge removes the instance's value, history and timers, if its revision is
	// still the given one; [history.ErrConflict] otherwise. Of a purged instance it
	// removes what an earlier call may have left.
	Purge(ctx context.Context, instance string, revision uint64) error
	// Retention is for how long ended instances are kept, 0 for ever.
	Retention(ctx context.Context) (time.Duration, error)
	// SetRetention sets for how long ended instances are kept, 0 for ever.
	SetRetention(ctx context.Context, d time.Duration) error
	// KeepsIDs reports whether the id of an instance is used for no other one, not even
	// when the instance has ended, as long as it is not purged.
	KeepsIDs(ctx context.Context) (bool, error)
	// SetKeepsIDs sets it.
	SetKeepsIDs(ctx context.Context, keeps bool) error
	// Registered returns the names of the orchestrators that a worker has
	// registered on this hub, sorted.
	Registered(ctx context.Context) ([]string, error)
	// RegisteredActivities returns the names of the activities that a worker has
	// registered on this hub, sorted.
	RegisteredActivities(ctx context.Context) ([]string, error)
	// Now is the hub's time, by which timers become due: an estimate that is never ahead of
	// the hub's own clock and does not depend on this computer's. It may ask the hub,
	// where nobody has for long. A hub that may not be asked answers by this computer's.
	Now(ctx context.Context) time.Time
	// After is so long from now, by the hub's own clock: never earlier than that.
	After(ctx context.Context, d time.Duration) time.Time
	// MaxValue is the largest value in bytes that the hub stores.
	MaxValue() int
	// Identity is a text that no other hub has, not even one of the same name elsewhere
	// or before this one. It stays the same for as long as the hub exists.
	Identity() string
	// MaxPayload is the largest payload in bytes that may be sent.
	MaxPayload() int

	Queues
}

// Queues are the queues of a hub, each with a poison queue for messages that no
// function could deal with.
type Queues interface {
	// SendToQueue stores a message in its queue and returns its number. Of several
	// with one ID that are sent soon after each other one is stored.
	SendToQueue(ctx context.Context, m history.QueueMessage) (uint64, error)
	// QueueStates is how much there is of each queue that is not empty, by name, and
	// before them what is in none.
	QueueStates(ctx context.Context) ([]history.QueueState, error)
	// PeekQueue returns messages of a queue, or of its poison queue, without taking
	// them: at most limit of those behind the number, in their order.
	PeekQueue(ctx context.Context, queue string, poison bool, behind uint64, limit int) ([]history.QueueMessage, error)
	// RedriveQueue moves poisoned messages back into the queue, to be delivered
	// anew: those of the numbers, or, if there are none, all that are there now. It
	// returns how many it has moved, and [history.ErrNotFound] for a number that is
	// not there.
	RedriveQueue(ctx context.Context, queue string, numbers []uint64) (int, error)
	// PurgeQueue removes the messages of a queue, or of its poison queue, for good,
	// and returns how many. Of a poison queue it can remove those of the numbers only;
	// [history.ErrNotFound] is for a number that is not there.
	PurgeQueue(ctx context.Context, queue string, poison bool, numbers []uint64) (int, error)
}
