package jetstream

import (
	"context"
	"errors"
	"fmt"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// Scan calls visit for each instance in the order of their last change, beginning
// with the first change at or after cursor, until visit returns false or all have
// been visited. An instance that changes during the scan may be visited again, with its
// newer state; none is left out. It reads whole values, up to 4 MiB at a time.
func (c *changes) Scan(ctx context.Context, cursor uint64, visit func(history.Summary) bool) error {
	if err := c.scan(ctx, max(cursor, 1), visit); err != nil {
		return fmt.Errorf("scan instances: %w", err)
	}
	return nil
}

func (c *changes) scan(ctx context.Context, next uint64, visit func(history.Summary) bool) error {
	r, err := newPager(c.connection, c.codec.Names.Streams.Values, c.codec.Names.Values.All())
	if err != nil {
		return err
	}
	defer r.close()
	for {
		b, err := r.read(ctx, next)
		if err != nil {
			return err
		}
		if b.isLast && c.clustered {
			if b, err = c.addNewest(ctx, b, next); err != nil {
				return err
			}
		}
		for _, m := range b.messages {
			next = m.Sequence + 1
			if s, ok := wire.ReadSummary(m); ok && !visit(s) {
				return nil
			}
		}
		if b.isLast {
			return nil
		}
	}
}

// addNewest adds the message behind a last batch, if there is one: a replica may not have
// heard of it yet. If the instance has been there for long, that message may be its only one,
// since the one before is gone.
func (c *changes) addNewest(ctx context.Context, b page, next uint64) (page, error) {
	if n := len(b.messages); n > 0 {
		next = b.messages[n-1].Sequence + 1
	}
	m, err := c.message(ctx, c.codec.Names.Streams.Values, messageQuery{From: next, Next: c.codec.Names.Values.All()})
	if errors.Is(err, js.ErrMsgNotFound) {
		return b, nil
	}
	return page{messages: append(b.messages, m)}, err
}
