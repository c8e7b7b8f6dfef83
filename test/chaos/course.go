package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/test/chaos/record"
)

// course is the life of one instance: it is started, its senders raise items on it,
// each one after another, and then the last item ends it.
type course struct {
	*traffic
	account *account
	opening opening
	senders []*sender
	random  *rand.Rand
}

// sender raises items on an instance: a1, a2, …
type sender struct {
	name   string
	client *client.Client
	// next is the number of its next item, and most that of its last.
	next, most int
	// after is for how long alarms are set, 0 for none.
	after time.Duration
}

// Bounds of a course that are drawn by lot.
const (
	maxSenders = 3
	minItems   = 3
	maxItems   = 12
)

// junkSender is the name of the sender whose events cannot be read.
const junkSender = "x"

// course returns a course drawn by lot.
func (t *traffic) course(id string, random *rand.Rand) *course {
	kind := t.mix.kinds[random.IntN(len(t.mix.kinds))]
	c := &course{
		traffic: t, account: t.ledger.open(id, kind), random: random,
		opening: t.mix.openings[random.IntN(len(t.mix.openings))],
	}
	for i := range 1 + random.IntN(maxSenders) {
		s := &sender{name: string(rune('a' + i)), client: c.anyClient(), next: 1, most: minItems + random.IntN(maxItems-minItems+1)}
		if kind == record.Alarms {
			s.most, s.after = 2, time.Duration(1000+random.IntN(2000))*time.Millisecond
		}
		c.senders = append(c.senders, s)
	}
	if t.mix.junk {
		c.senders = append(c.senders, &sender{name: junkSender, client: c.anyClient(), next: 1, most: 2})
	}
	return c
}

func (c *course) anyClient() *client.Client { return c.clients[c.random.IntN(len(c.clients))] }

// run takes the course. It returns when the last item is acknowledged; somebody goes
// on waiting for the instance's end.
func (c *course) run(ctx context.Context) {
	if !c.token(ctx) || !c.opening.open(ctx, c) {
		return
	}
	waiter := c.anyClient()
	c.waiting.Go(func() { c.wait(ctx, waiter) })
	var group sync.WaitGroup
	for _, s := range c.senders {
		group.Go(func() { c.send(ctx, s) })
	}
	group.Wait()
	c.finish(ctx)
}

// send raises the items of a sender. Each is acknowledged before the next is raised.
func (c *course) send(ctx context.Context, s *sender) {
	for s.next <= s.most && c.token(ctx) {
		if !c.raise(ctx, s) {
			return
		}
	}
}

// raise raises the next item of a sender, and reports whether it was acknowledged.
func (c *course) raise(ctx context.Context, s *sender, options ...client.RaiseOption) bool {
	said := c.said(s)
	item := said.String()
	var payload any = said
	if s.name == junkSender {
		payload = "this is no item"
	}
	options = append(options, client.WithEventID(item))
	err := c.persist(ctx, item, func(ctx context.Context) error {
		return s.client.Raise(ctx, c.account.id, record.Item, payload, options...)
	})
	c.note(s, item, err)
	return err == nil
}

// persist insists, also where an event is refused on an instance that lives: that is
// noted as a breach, and the sender tries again, as a person would.
func (c *course) persist(ctx context.Context, item string, raise func(context.Context) error) error {
	doubted := false
	for noted := false; ; noted = true {
		again, err := c.insist(ctx, raise)
		doubted = doubted || again
		if item == lastItem && doubted && errors.Is(err, client.ErrInstanceEnded) {
			return nil // an earlier try has ended it
		}
		if !isAnswer(err) {
			return err
		}
		if !noted {
			c.ledger.breach(notRefused, c.account.id, "event %s on a live instance (%s, %s): %v", item, c.account.kind, c.opening, err)
		}
		if !rest(ctx, refusedPause) {
			return err
		}
	}
}

// lastItem is the event id of the item that ends an instance, and refusedPause how
// long a sender waits that was refused.
const (
	lastItem     = "last"
	refusedPause = 500 * time.Millisecond
)

// said returns the next item of a sender, and notes that it is going to be raised.
func (c *course) said(s *sender) record.Said {
	said := record.Said{By: s.name, N: s.next, After: s.after.Milliseconds()}
	s.next++
	c.ledger.change(c.account, "raise", said.String(), "", func(a *account) {
		a.raised[said.String()] = time.Now()
		if s.after > 0 {
			a.after[said.String()] = s.after
		}
	})
	return said
}

// note writes down what became of the raise of an item.
func (c *course) note(s *sender, item string, err error) {
	if err != nil {
		c.ledger.change(c.account, "doubted", item, err.Error(), func(a *account) { a.doubted[s.name] = append(a.doubted[s.name], item) })
		return
	}
	c.ledger.change(c.account, "acked", item, "", func(a *account) {
		c.ledger.counts.Acked++
		if s.name == junkSender {
			a.junk++
			return
		}
		a.acked[s.name] = append(a.acked[s.name], item)
	})
}

// finish raises the last item.
func (c *course) finish(ctx context.Context) {
	raiser := c.anyClient()
	err := c.persist(ctx, lastItem, func(ctx context.Context) error {
		return raiser.Raise(ctx, c.account.id, record.Item, record.Said{Last: true}, client.WithEventID(lastItem))
	})
	if err == nil {
		c.ledger.change(c.account, "finished", "", "", func(a *account) { a.finished = true })
	}
}

// established is for how long there must have been no fault since a wait began, so
// that it can be said that it was under way when one came.
const established = time.Second

// wait waits for the instance's end, as often as it takes.
func (c *course) wait(ctx context.Context, waiter *client.Client) {
	for ctx.Err() == nil {
		begun := time.Now()
		storms, calm := c.weather.now()
		var settled sync.Mutex
		underWay := false
		timer := time.AfterFunc(established, func() {
			settled.Lock()
			defer settled.Unlock()
			again, still := c.weather.now()
			underWay = calm && still && again == storms
		})
		_, err := waiter.Wait(ctx, c.account.id)
		timer.Stop()
		c.ledger.count(func(n *counts) { n.Waits++ })
		if err == nil {
			c.ledger.change(c.account, "awaited", "", "", func(a *account) { a.awaited = true })
			return
		}
		if ctx.Err() != nil {
			return
		}
		settled.Lock()
		if underWay {
			c.ledger.breach(waitsSurvive, c.account.id, "a wait ended after %v: %v", time.Since(begun).Round(time.Millisecond), err)
		}
		settled.Unlock()
		rest(ctx, retryPause)
	}
}

// answered writes down what a caller was told that has tried to start the instance,
// and reports whether the instance is there.
func (c *course) answered(doubted bool, err error) bool {
	detail := ""
	if err != nil {
		detail = err.Error()
	}
	c.ledger.change(c.account, "start", "", detail, func(a *account) {
		a.doubt = a.doubt || doubted
		switch {
		case err == nil:
			a.started++
		case errors.Is(err, client.ErrInstanceExists):
			a.refusals++
		}
	})
	switch {
	case err == nil, errors.Is(err, client.ErrInstanceExists):
		return true
	case isAnswer(err):
		c.ledger.breach(notRefused, c.account.id, "start (%s, %s): %v", c.account.kind, c.opening, err)
	default:
		c.ledger.change(c.account, "doubted", "start", fmt.Sprint(err), func(a *account) { a.doubt = true })
	}
	return false
}
