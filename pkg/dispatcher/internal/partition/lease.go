package partition

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// leases takes leases for one worker.
type leases struct {
	hub hub.Leases
	// holder is the worker's id, started the beginning of its time.
	holder  string
	started time.Time
}

// lease is a lease that this worker holds, or held: it is good until its time is
// up by this worker's own clock, counted from before it was asked for, so never
// longer than the hub keeps it.
type lease struct {
	leases   *leases
	name     string
	revision uint64
	until    atomic.Int64 // time since leases.started
}

func (s *leases) acquire(ctx context.Context, name string) (*lease, error) {
	asked := time.Now()
	revision, err := s.hub.Acquire(ctx, name, s.holder)
	if err != nil {
		return nil, err
	}
	l := &lease{leases: s, name: name, revision: revision}
	l.extend(asked)
	return l, nil
}

// extend renews a lease. It returns [hub.ErrConflict] if another has it; any other
// error leaves that open: the lease is good as long as it was.
func (s *leases) extend(ctx context.Context, l *lease) error {
	asked := time.Now()
	revision, err := s.hub.Renew(ctx, l.name, s.holder, l.revision)
	if errors.Is(err, hub.ErrConflict) {
		// A renewal that came through though its answer did not is a conflict too.
		revision, err = s.hub.Acquire(ctx, l.name, s.holder)
	}
	if err != nil {
		return err
	}
	l.revision = revision
	l.extend(asked)
	return nil
}

func (l *lease) extend(asked time.Time) {
	l.until.Store(int64(asked.Add(l.leases.hub.LeaseTTL()).Sub(l.leases.started)))
}

// valid reports whether the lease is still good. It takes the monotonic clock, so
// a process that was stopped and continued knows that time has passed.
func (l *lease) valid() bool {
	return int64(time.Since(l.leases.started)) < l.until.Load()
}

func (l *lease) release(ctx context.Context) error {
	l.until.Store(0)
	return l.leases.hub.Release(ctx, l.name, l.revision)
}
