package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// Post stores a control message and returns its number. Of its fields only those
// are stored that its verb has. It returns an error wrapping
// [ident.ErrInvalidName], [ErrTooLarge] or, for a start that comes with an event,
// [ErrNotJSON] for a message that no hub would take; after any other the message may
// or may not have been stored.
func (h *Hub) Post(ctx context.Context, m hub.Message) (uint64, error) {
	msg, err := h.codec.Control(m, h.limits(), time.Now())
	if err != nil {
		return 0, err
	}
	number, err := h.publish(ctx, msg).wait(ctx)
	if err != nil {
		return 0, fmt.Errorf("post %s to instance %q: %w", m.Verb, m.Instance, err)
	}
	return number, nil
}

// Send carries out commands in order and returns when all are stored. Doing them
// again has no second effect, but that an activity may run twice.
func (h *Hub) Send(ctx context.Context, commands []hub.Command) error {
	b := batch{hub: h}
	for _, c := range commands {
		if err := b.add(ctx, c); err != nil {
			return err
		}
	}
	return b.flush(ctx)
}

// batch is commands on their way. All are sent at once, but that timers are
// cancelled when the rest is stored, and that what is said to an instance waits until
// what was said to it before is stored: it must not be overtaken when that fails.
type batch struct {
	hub      *Hub
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
	m, err := b.hub.commandMessage(c)
	if err == nil && c.Set != nil {
		err = b.hub.room.take(ctx)
	}
	if err != nil {
		b.receipts = append(b.receipts, receipt{err: err})
		return nil
	}
	b.receipts = append(b.receipts, b.hub.publish(ctx, m))
	return nil
}

func (b *batch) isCancelled(t *hub.Timer) bool {
	return slices.ContainsFunc(b.cancels, func(c *hub.Timer) bool {
		return c.Task == t.Task && c.Execution == t.Execution && c.Instance == t.Instance
	})
}

// flush waits until all that was sent is stored, then cancels timers.
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
	err := b.hub.cancelTimers(ctx, b.cancels)
	b.receipts, b.cancels, b.told = nil, nil, nil
	return err
}

func (h *Hub) commandMessage(c hub.Command) (*nats.Msg, error) {
	switch {
	case c.Run != nil:
		return h.codec.Activity(c.Run)
	case c.Set != nil:
		return h.codec.Timer(c.Set)
	case c.Tell != nil:
		return h.codec.Told(*c.Tell, h.limits(), time.Now())
	}
	return nil, errors.New("empty command")
}
