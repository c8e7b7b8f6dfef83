package client

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
)

// RaiseOption is an option of [Client.Raise] and [Client.RaiseWithReceipt].
type RaiseOption func(*raiseOptions)

type raiseOptions struct {
	id      string
	keepFor time.Duration
	blind   bool
}

// WithEventID makes the event idempotent: raised again by the same name with the same id on
// the same execution it is one event, however late the repeat. The id has 1 to 512 bytes of
// UTF-8, no control characters, and no space at either end; an empty id is none.
func WithEventID(id string) RaiseOption {
	return func(o *raiseOptions) { o.id = id }
}

// WithKeepFor keeps the event for the duration d if there is no instance of that id, or if it
// has ended, and hands it to the next instance that is started under the id. Raise then
// returns neither [ErrInstanceNotFound] nor [ErrInstanceEnded]. A d of zero or less keeps
// nothing; more than 366 days are refused with [ErrTooFarAhead].
//
// For one id up to 1,000 events are kept, of about 0.7 MB together where max_payload is
// 1 MiB; one more is refused with [ErrKeptFull]. Raise cannot always see that: an event too
// many that was raised before the others were taken in, or by [WithoutLooking], becomes a
// dead letter, and so does one that no worker takes in before d is over. A receipt says of
// both that they were discarded.
func WithKeepFor(d time.Duration) RaiseOption {
	return func(o *raiseOptions) { o.keepFor = d }
}

// WithoutLooking raises the event without a look at the instance: for logins that may raise
// events and read nothing. If there is no such instance, or it has ended, the event is
// discarded and Raise returns nil. It does not go with receipts.
func WithoutLooking() RaiseOption {
	return func(o *raiseOptions) { o.blind = true }
}

func newRaiseOptions(opts []RaiseOption) raiseOptions {
	var o raiseOptions
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// check returns an error unless the names and the event id are valid.
func (o *raiseOptions) check(id, event string) error {
	if err := ident.CheckInstance(id); err != nil {
		return err
	}
	if err := ident.CheckName("event name", event); err != nil || o.id == "" {
		return err
	}
	return ident.CheckEvent(o.id)
}
