package hubfaults

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher"
)

// Hub is a hub as one worker sees it. It counts the storage calls of the worker (Load,
// LoadLatest, Commit, WriteSegment, ReadSegments, DropSegments, Send, Post, and the calls of what
// was delivered: Ack, Reject, Release, Runs and Note) and lets things go wrong at some of them. A
// lost Ack or Reject of a control message shows only in that the message comes again.
//
// Once the worker is killed, every call returns [ErrKilled], calls that are under way do not
// return their outcome, acknowledgements are lost and the sessions of the worker end.
//
// A Hub is made of parts, and each part keeps one or two of the interfaces of internal/hub.
type Hub struct {
	*faults
	*connection
	*records
	*inbox
	*outbox
	*work
	*leases
}

// The promises that each part keeps.
var (
	_ hub.Clock      = (*connection)(nil)
	_ hub.Connection = (*connection)(nil)
	_ hub.Limits     = (*connection)(nil)
	_ hub.Records    = (*records)(nil)
	_ hub.Inbox      = (*inbox)(nil)
	_ hub.Outbox     = (*outbox)(nil)
	_ hub.Work       = (*work)(nil)
	_ hub.QueueWork  = (*work)(nil)
	_ hub.Leases     = (*leases)(nil)

	_ dispatcher.Hub = (*Hub)(nil)
)

// New returns hub with the faults to come. Of two faults for the same call the later one counts.
func New(hub dispatcher.Hub, planned ...Fault) *Hub {
	f := newFaults(planned)
	return &Hub{
		faults:     f,
		connection: &connection{faults: f, hub: hub},
		records:    &records{faults: f, hub: hub},
		inbox:      &inbox{faults: f, hub: hub},
		outbox:     &outbox{faults: f, hub: hub},
		work:       &work{faults: f, hub: hub},
		leases:     &leases{faults: f, hub: hub},
	}
}

// connection is the part of the hub that says how the hub is reached, what time it is there and
// how much it takes. Only Check fails once the worker is killed.
type connection struct {
	*faults
	hub interface {
		hub.Clock
		hub.Connection
		hub.Limits
	}
}

// Now is the hub's.
func (c *connection) Now(ctx context.Context) time.Time { return c.hub.Now(ctx) }

// Reach is the hub's.
func (c *connection) Reach() <-chan struct{} { return c.hub.Reach() }

// Check is the hub's, until the worker is killed.
func (c *connection) Check(ctx context.Context) error {
	return uncountedError(c.faults, func() error { return c.hub.Check(ctx) })
}

// MaxValue is the hub's.
func (c *connection) MaxValue() int { return c.hub.MaxValue() }

// MaxPayload is the hub's.
func (c *connection) MaxPayload() int { return c.hub.MaxPayload() }
