package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// Retention returns for how long ended instances are kept, 0 for ever. It returns
// an error wrapping [record.ErrCorrupt] for what is no duration.
func (h *Hub) Retention(ctx context.Context) (time.Duration, error) {
	text, err := h.setting(ctx, h.codec.Names.Values.Retention())
	if err != nil || text == "" {
		return 0, err
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("retention %.40q: %w", text, record.ErrCorrupt)
	}
	return d, nil
}

// SetRetention sets for how long ended instances are kept, 0 for ever.
func (h *Hub) SetRetention(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("retention %v must not be negative", d)
	}
	return h.set(ctx, h.codec.Names.Values.Retention(), d.String())
}

// What the setting says of ids that instances have had.
const (
	reuseEnded = "ended"
	reuseNever = "never"
)

// KeepsIDs reports whether the id of an instance is used for no other one, not even when
// the instance has ended, as long as it is not purged. It returns an error wrapping
// [record.ErrCorrupt] for a setting that says neither.
func (h *Hub) KeepsIDs(ctx context.Context) (bool, error) {
	text, err := h.setting(ctx, h.codec.Names.Values.Reuse())
	if err != nil {
		return false, err
	}
	switch text {
	case "", reuseEnded:
		return false, nil
	case reuseNever:
		return true, nil
	}
	return false, fmt.Errorf("reuse of ids %.40q: %w", text, record.ErrCorrupt)
}

// SetKeepsIDs sets whether the id of an instance is used for no other one.
func (h *Hub) SetKeepsIDs(ctx context.Context, keeps bool) error {
	text := reuseEnded
	if keeps {
		text = reuseNever
	}
	return h.set(ctx, h.codec.Names.Values.Reuse(), text)
}

// setting returns what a setting of the hub says, nothing if it was never set.
func (h *Hub) setting(ctx context.Context, subject string) (string, error) {
	m, err := h.latest(ctx, h.codec.Names.Streams.Values, subject)
	switch {
	case errors.Is(err, js.ErrMsgNotFound):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("load %s: %w", subject, err)
	case wire.IsMarker(m.Header):
		return "", nil
	}
	return string(m.Data), nil
}

func (h *Hub) set(ctx context.Context, subject, text string) error {
	if _, err := h.publish(ctx, wire.Stored(subject, []byte(text))).wait(ctx); err != nil {
		return fmt.Errorf("store %s: %w", subject, err)
	}
	return nil
}
