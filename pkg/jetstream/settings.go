package jetstream

import (
	"context"
	"fmt"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// settings keeps the promises of [hub.Settings] and [hub.Registrar].
type settings struct {
	*connection
	// values is the stream in which the settings stand beside the records.
	values js.Stream
}

// Identity tells the hub from all others, also from one of the same name that was there
// before: by the time at which the stream of its records was made.
func (s *settings) Identity() string {
	return s.codec.Names.Hub + " " + s.values.CachedInfo().Created.UTC().Format(time.RFC3339Nano)
}

// Retention returns for how long ended instances are kept, 0 for ever. It returns an error
// wrapping [record.ErrCorrupt] if the setting is no duration.
func (s *settings) Retention(ctx context.Context) (time.Duration, error) {
	text, err := s.setting(ctx, s.codec.Names.Values.Retention())
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
func (s *settings) SetRetention(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("retention %v must not be negative", d)
	}
	return s.set(ctx, s.codec.Names.Values.Retention(), d.String())
}

// The values of the setting for ids that instances have had.
const (
	reuseEnded = "ended"
	reuseNever = "never"
)

// SetKeepsIDs sets whether the id of an instance is used for no other one.
func (s *settings) SetKeepsIDs(ctx context.Context, keeps bool) error {
	text := reuseEnded
	if keeps {
		text = reuseNever
	}
	return s.set(ctx, s.codec.Names.Values.Reuse(), text)
}

func (s *settings) set(ctx context.Context, subject, text string) error {
	if _, err := s.publish(ctx, wire.Stored(subject, []byte(text))).wait(ctx); err != nil {
		return fmt.Errorf("store %s: %w", subject, err)
	}
	return nil
}
