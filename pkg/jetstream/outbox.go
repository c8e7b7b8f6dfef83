package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// outbox keeps the promises of [hub.Outbox].
type outbox struct {
	*connection
	*post
	// room is the room for timers, nil where there is no limit.
	room *room
}

// Send carries out commands and returns when all are stored; see [hub.Outbox]. What is said to
// one instance is stored in order.
func (o *outbox) Send(ctx context.Context, commands []hub.Command) error {
	b := batch{outbox: o}
	for _, c := range commands {
		if err := b.add(ctx, c); err != nil {
			return err
		}
	}
	return b.flush(ctx)
}

// batch is commands on their way. All are sent at once, with two exceptions: timers are
// cancelled when the rest is stored, or before the same timer is set again; and a message to
// an instance waits until the message before it to the same instance is stored, since that one
// could fail and be sent again behind it.
type batch struct {
	outbox   *outbox
	receipts []receipt
	cancels  []*hub.Timer
	told     map[string]bool
}

func (b *batch) add(ctx context.Context, c hub.Command) error {
	if c.Cancel != nil {
		b.cancels = append(b.cancels, c.Cancel)
		return nil
	}
	if c.Set != nil && b.isCancelled(c.Set) {
		// Taken back and set again: each in its turn.
		if err := b.flush(ctx); err != nil {
			return err
		}
	}
	if c.Tell != nil {
		if b.told[c.Tell.Instance] {
			if err := b.flush(ctx); err != nil {
				return err
			}
		}
		if b.told == nil {
			b.told = map[string]bool{}
		}
		b.told[c.Tell.Instance] = true
	}
	m, err := b.outbox.commandMessage(c)
	if err == nil && c.Set != nil {
		err = b.outbox.room.reserve(ctx)
	}
	if err != nil {
		b.receipts = append(b.receipts, receipt{err: err})
		return nil
	}
	b.receipts = append(b.receipts, b.outbox.publish(ctx, m))
	return nil
}

func (b *batch) isCancelled(t *hub.Timer) bool {
	return slices.ContainsFunc(b.cancels, func(c *hub.Timer) bool {
		return c.Task == t.Task && c.Execution == t.Execution && c.Instance == t.Instance
	})
}

// flush waits until everything that was sent is stored, then cancels timers.
func (b *batch) flush(ctx context.Context) error {
	failed, first := 0, error(nil)
	for _, r := range b.receipts {
		if _, err := r.wait(ctx); err != nil {
			failed++
			first = cmp.Or(first, err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("send %d of %d commands: %w", failed, len(b.receipts), first)
	}
	err := b.outbox.cancelTimers(ctx, b.cancels)
	b.receipts, b.cancels, b.told = nil, nil, nil
	return err
}

func (o *outbox) commandMessage(c hub.Command) (*nats.Msg, error) {
	switch {
	case c.Run != nil:
		return o.codec.Activity(c.Run)
	case c.Set != nil:
		return o.codec.Timer(c.Set)
	case c.Tell != nil:
		return o.codec.Told(*c.Tell, o.limits(), o.hubTime.now())
	}
	return nil, errors.New("empty command")
}

// cancelTimers removes schedules. It passes over timers that have fired.
func (o *outbox) cancelTimers(ctx context.Context, timers []*hub.Timer) error {
	return each(timers, func(_ int, timer *hub.Timer) error {
		subject, err := o.codec.TimerSubject(timer)
		if err != nil {
			return err
		}
		if _, err := o.purge(ctx, o.codec.Names.Streams.Timers, subject, 0); err != nil {
			return fmt.Errorf("cancel timer %d of instance %q: %w", timer.Task, timer.Instance, err)
		}
		return nil
	})
}
