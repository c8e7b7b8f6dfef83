package main

import (
	"context"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/test/chaos/record"
)

// opening is a way of starting an instance.
type opening string

// The ways of starting an instance.
const (
	alone         opening = "started by one caller"
	race          opening = "started by three callers at once"
	withEvent     opening = "started with its first event"
	kept          opening = "started after events were kept for it"
	keptWithEvent opening = "started with an event after events were kept for it"
	delayed       opening = "started for a later time"
)

var openings = []opening{alone, race, withEvent, kept, keptWithEvent, delayed}

// Figures of the openings.
const (
	racers    = 3
	keepFor   = time.Hour
	delayedBy = 1500 * time.Millisecond
)

// open starts the instance of a course, and reports whether it is there.
func (o opening) open(ctx context.Context, c *course) bool {
	if c.account.kind == record.Alarms && o != delayed {
		o = alone // the time of an item counts from when its instance can take it
	}
	c.opening = o
	if o == kept || o == keptWithEvent {
		for range 2 {
			if !c.raise(ctx, c.senders[0], client.WithKeepFor(keepFor)) {
				return false
			}
		}
	}
	switch o {
	case race:
		return c.race(ctx)
	case withEvent, keptWithEvent:
		return c.startWithEvent(ctx)
	case delayed:
		at := time.Now().Add(delayedBy)
		c.ledger.change(c.account, "delayed", "", "", func(a *account) { a.notBefore = at })
		return c.start(ctx, c.anyClient(), client.WithStartAt(at))
	default:
		return c.start(ctx, c.anyClient())
	}
}

// input is that of the course's orchestrator.
func (c *course) input() any {
	if c.account.kind == record.Rounds {
		return record.Taken{}
	}
	return nil
}

// start starts the instance by one caller.
func (c *course) start(ctx context.Context, caller *client.Client, options ...client.StartOption) bool {
	options = append(options, client.WithInstanceID(c.account.id))
	doubted, err := c.insist(ctx, func(ctx context.Context) error {
		_, err := caller.Start(ctx, c.account.kind, c.input(), options...)
		return err
	})
	return c.answered(doubted, err)
}

// race starts the instance by several callers at once.
func (c *course) race(ctx context.Context) bool {
	var group sync.WaitGroup
	there := make(chan bool, racers)
	for range racers {
		caller := c.anyClient()
		group.Go(func() { there <- c.start(ctx, caller) })
	}
	group.Wait()
	close(there)
	all := true
	for one := range there {
		all = all && one
	}
	return all
}

// startWithEvent starts the instance together with the next item of its first sender.
func (c *course) startWithEvent(ctx context.Context) bool {
	s := c.senders[0]
	said := c.said(s)
	c.ledger.change(c.account, "together", said.String(), "", func(a *account) { a.together = true })
	doubted, err := c.insist(ctx, func(ctx context.Context) error {
		_, err := s.client.StartWithEvent(ctx, c.account.kind, c.input(), record.Item, said,
			client.WithInstanceID(c.account.id), client.WithStartEventID(said.String()))
		return err
	})
	c.note(s, said.String(), err)
	return c.answered(doubted, err)
}
