package jetstream

import (
	"context"
	"fmt"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// Scan calls visit for each instance in the order of their last change, beginning
// with the first change at or after cursor, until visit returns false or all have
// been visited. It reads headers only. An instance that changes during the scan
// may be visited again, with its newer state; none is left out, but that on a
// replicated hub the last few milliseconds may not show yet.
func (h *Hub) Scan(ctx context.Context, cursor uint64, visit func(history.Summary) bool) error {
	config := js.ConsumerConfig{
		FilterSubject: h.names.allValues(),
		DeliverPolicy: js.DeliverByStartSequencePolicy,
		OptStartSeq:   max(cursor, 1),
		HeadersOnly:   true,
	}
	f, err := h.follow(ctx, h.names.valueStream(), config, true)
	if err != nil {
		return fmt.Errorf("scan instances: %w", err)
	}
	defer f.end(ctx)
	for {
		select {
		case p, open := <-f.out:
			if !open && f.failure() != nil {
				return fmt.Errorf("scan instances: %w", f.failure())
			}
			if !open {
				return nil
			}
			f.release()
			if s, ok := readSummary(newStoredMessage(p)); ok && !visit(s) {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
