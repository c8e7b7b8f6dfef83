package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// Retention returns for how long ended instances are kept, 0 for ever. It returns
// an error wrapping [history.ErrCorrupt] for what is no duration.
func (h *Hub) Retention(ctx context.Context) (time.Duration, error) {
	m, err := h.latest(ctx, h.names.valueStream(), h.names.retention())
	switch {
	case errors.Is(err, js.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("load retention: %w", err)
	case isMarker(m.Header):
		return 0, nil
	}
	d, err := time.ParseDuration(string(m.Data))
	if err != nil || d < 0 {
		return 0, fmt.Errorf("retention %.40q: %w", m.Data, history.ErrCorrupt)
	}
	return d, nil
}

// SetRetention sets for how long ended instances are kept, 0 for ever.
func (h *Hub) SetRetention(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("retention %v must not be negative", d)
	}
	m := newStored(h.names.retention(), []byte(d.String()))
	if _, err := h.publish(ctx, m).wait(ctx); err != nil {
		return fmt.Errorf("store retention: %w", err)
	}
	return nil
}
