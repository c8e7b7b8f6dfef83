package turn

import (
	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Kind says how a turn ended.
type Kind uint8

const (
	// Unchanged means that nothing is to be stored.
	Unchanged Kind = iota
	// Advanced means that the instance has changed.
	Advanced
	// Blocked means that the instance cannot take in the message behind those that were taken. It
	// has changed if Changed is set.
	Blocked
	// Stale means that a message seems to change nothing, which only the newest record can tell.
	// The same is to be done again with that; the rest of the outcome is void.
	Stale
)

// Outcome is the result of a turn.
type Outcome struct {
	Kind Kind
	// Taken is how many messages of the batch are dealt with.
	Taken int
	// Err says why the instance is blocked at the next message; nil if it is not.
	Err error
	// Changed is set if Next is to be stored.
	Changed bool
	// Next is the instance as the turn leaves it. Its log is that of before: the events
	// are to be stored behind it.
	Next Instance
	// Events are added to the history of the present generation. The first Kept of them are
	// not new: a rewind has kept them.
	Events []record.Event
	Kept   int
	// Spilled are decisions of closed generations that are stored beside the record.
	Spilled []record.Closed
	// Obsolete are the keys of segments that are not needed once Next is stored.
	Obsolete []string
	// Replies go to the senders of events that want to know how the event was taken.
	Replies []Reply
	// Rejected says of messages, by number, why they go to the dead letters.
	Rejected map[uint64]string
}

// Reply tells a sender how its event was taken.
type Reply struct {
	To      string
	Outcome history.Outcome
}

// Commands returns the commands to send once the outcome is stored.
func (o *Outcome) Commands() []hub.Command {
	if !o.Changed {
		return nil
	}
	commands := hub.CommandsOf(o.Next.ID, o.Spilled)
	return append(commands, hub.CommandsOf(o.Next.ID, o.Next.Record.LastTurn(o.Events))...)
}

// Stored makes Next the instance, and returns it, after the outcome was stored at a revision: with it the next
// turn can begin. The instance that the turn began with must not be used any more.
func (o *Outcome) Stored(revision uint64) *Instance {
	o.Next.Revision, o.Next.Latest, o.Next.Beside = revision, true, o.Next.Record.Beside()
	o.Next.history.mergeAll()
	return &o.Next
}
