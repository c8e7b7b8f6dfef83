package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher"
)

// How often ended instances are looked for whose time is up: ten times within the
// retention, but not more often than every second, nor less than every five minutes.
// Whether there is a retention at all is looked at once a minute.
const (
	shortestSweep = time.Second
	longestSweep  = 5 * time.Minute
	noRetention   = time.Minute
)

// sweeper purges instances that have ended longer ago than the hub keeps them. Of
// the workers of a hub, the one that holds the first partition does.
type sweeper struct {
	broom
	dispatcher *dispatcher.Dispatcher
	log        *slog.Logger
}

func (s *sweeper) run(ctx context.Context) {
	for ctx.Err() == nil {
		pause := s.sweep(ctx)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// sweep purges the instances that are due, and returns the time until the next sweep.
func (s *sweeper) sweep(ctx context.Context) time.Duration {
	retention, err := s.client.Settings().Retention(ctx)
	if err != nil {
		s.warn(ctx, "cannot read for how long ended instances are kept; trying again", err)
		return noRetention
	}
	if retention <= 0 {
		return noRetention
	}
	pause := min(max(retention/10, shortestSweep), longestSweep)
	if !s.dispatcher.Holds(0) {
		return pause
	}
	n, err := s.purge(ctx, s.client.Now(ctx).Add(-retention))
	if err != nil && !errors.Is(err, client.ErrInstanceUnsettled) {
		s.warn(ctx, "not all ended instances whose time is up were purged; trying again", err)
	}
	if n > 0 {
		s.log.Info("purged ended instances", "number", n, "retention", retention)
	}
	return pause
}

func (s *sweeper) warn(ctx context.Context, message string, err error) {
	if ctx.Err() == nil && !errors.Is(err, hub.ErrUnreachable) {
		s.log.Warn(message, "error", err)
	}
}
