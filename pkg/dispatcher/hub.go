package dispatcher

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// Hub is what the dispatcher needs of the place where instances live. Package
// jetstream implements it on NATS, package hubtest in memory; one suite of tests
// holds both to what is promised here.
type Hub interface {
	Clock
	Ground
	Values
	Intake
	Outlet
	Workbench
	Queues
	Leases
}

// Clock is the time that the hub lives by.
type Clock interface {
	// Now is the hub's time: the time by which timers become due and messages are marked
	// as stored. It is an estimate that is never ahead of the hub's own clock, and never
	// behind the time at which a message that was delivered was stored. It does not depend
	// on this computer's clock. It may ask the hub, where nobody has for long.
	Now(ctx context.Context) time.Time
}

// Ground is what all else of a hub rests on.
type Ground interface {
	// Reach returns a channel that is closed when the hub can be reached: at once, unless
	// the connection to it is interrupted. Errors of calls that fail for that reason wrap
	// [history.ErrUnreachable].
	Reach() <-chan struct{}
	// Check returns an error wrapping [history.ErrHubLost] if the hub, or a part of it, is not
	// there any more; any other error leaves that open.
	Check(ctx context.Context) error
}

// Values keeps one [history.Value] an instance.
type Values interface {
	// Load returns the instance's value and its revision. If there is none the
	// value is nil, and the revision is what Commit must expect to create one (0,
	// or the revision of what a purge left behind). The value may be stale; a
	// commit based on a stale one is refused.
	Load(ctx context.Context, instance string) (*history.Value, uint64, error)
	// LoadLatest is Load, but never stale: for decisions that no commit guards,
	// such as dropping an event because there is no instance.
	LoadLatest(ctx context.Context, instance string) (*history.Value, uint64, error)
	// Commit replaces the value if its revision is still the expected one, and
	// returns the new revision. Otherwise it returns [history.ErrConflict]. Any
	// other error leaves open whether the value was stored.
	Commit(ctx context.Context, instance string, v *history.Value, expected uint64) (uint64, error)

	// WriteSegment stores sealed events under a key of the instance. Keys are
	// never written twice with different content, but those of
	// [history.IsReplaced].
	WriteSegment(ctx context.Context, instance, key string, data []byte) error
	// ReadSegments returns the content of the keys, in order. It returns
	// [history.ErrNotFound] if one is missing.
	ReadSegments(ctx context.Context, instance string, keys []string) ([][]byte, error)
	// DropSegments removes keys that no value refers to any more.
	DropSegments(ctx context.Context, instance string, keys []string) error

	// KeepsIDs reports whether the id of an instance is used for no other one, not even
	// when the instance has ended, as long as it is not purged.
	KeepsIDs(ctx context.Context) (bool, error)

	// MaxValue is the largest size in bytes, headers not counted, of a value or a
	// segment that the hub can store.
	MaxValue() int
	// MaxPayload is the largest payload in bytes that a message, an input or an
	// output may have, at most a quarter of MaxValue.
	MaxPayload() int
}

// Intake hands out control messages.
type Intake interface {
	// Partitions is the number of partitions. All messages of one instance are in
	// one partition.
	Partitions() int
	// Open takes over a partition: whoever had it open before gets nothing more.
	// Every message not yet acked is delivered, in the order the hub stored them,
	// by calls to deliver one at a time; a deliver that blocks holds back what
	// follows. The order has no gaps: where one would arise the session ends
	// instead. A message may be delivered again later than its successors only if
	// it was delivered before in the same session.
	//
	// What whoever had it open before was handed, and did not ack, is marked
	// [history.Delivery].Again, unless that one has left in order. Messages of which it
	// is not known for certain may be marked too.
	Open(ctx context.Context, partition int, deliver func(history.Delivery)) (history.PartitionSession, error)
}

// Session is a running delivery.
type Session = history.Session

// Outlet carries out what was committed.
type Outlet interface {
	// Do carries out commands in order and returns when all are stored. Doing
	// them again has no second effect, but that an activity may run twice, and that
	// a message told may be delivered twice.
	Do(ctx context.Context, commands []history.Command) error
	// Post stores a control message and returns its number.
	Post(ctx context.Context, m history.Message) (uint64, error)
	// Reply says what became of an event, to whom its receipt names. Nobody may be
	// listening.
	Reply(ctx context.Context, receipt string, outcome history.Outcome) error
}

// Workbench hands out activities.
type Workbench interface {
	// Work hands out the activities of one name, each to a run of handle on a
	// goroutine of its own, at most limit at a time. Stop ends the handing out
	// and waits for those at work.
	Work(ctx context.Context, activity string, limit int, handle func(history.ActivityDelivery)) (Session, error)
	// KeepAliveInterval is how often an activity or a message at work must say so.
	KeepAliveInterval() time.Duration
}

// Leases are names that at most one worker holds at a time, unless it is cut off
// or stopped; what guards the instances is the revision check of Commit.
type Leases interface {
	// Acquire takes the lease for holder, who may have it already, and returns its
	// revision; [history.ErrConflict] if another holds it.
	Acquire(ctx context.Context, lease, holder string) (uint64, error)
	// Renew extends the lease and returns its new revision; [history.ErrConflict]
	// if it was lost.
	Renew(ctx context.Context, lease, holder string, revision uint64) (uint64, error)
	// Release gives the lease back, if it is still held at that revision.
	Release(ctx context.Context, lease string, revision uint64) error
	// WatchLeases sends who holds what, by lease: at once and after each change,
	// until ctx ends, when the channel is closed. A reader that is slow gets the
	// newest state, not every one.
	WatchLeases(ctx context.Context) (<-chan map[string]string, error)
	// LeaseTTL is how long a lease lasts without being renewed.
	LeaseTTL() time.Duration
}
