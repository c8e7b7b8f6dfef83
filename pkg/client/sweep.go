package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// purgers is how many instances are purged at a time.
const purgers = 8

// ended returns those of the statuses that only ended instances have; for no statuses it
// returns all of these.
func ended(statuses []Status) []Status {
	if len(statuses) == 0 {
		return []Status{Completed, Failed, Terminated, Canceled}
	}
	return slices.DeleteFunc(slices.Clone(statuses), func(s Status) bool { return !s.Ended() })
}

// send sends the instances to the channel.
func send(ctx context.Context, instances iter.Seq2[Summary, error], found chan<- Summary) error {
	for instance, err := range instances {
		if err != nil {
			return err
		}
		select {
		case found <- instance:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// sweep removes many instances.
type sweep struct {
	records records
	// over is closed when no instance is waited for any more that is not settled.
	over   <-chan struct{}
	cancel context.CancelFunc

	mu        sync.Mutex
	purged    int
	unsettled int
	err       error
}

// purge removes an instance if its record still is the one that was listed, and reports
// whether it did. An instance that has changed comes again later in the listing.
func (s *sweep) purge(ctx context.Context, listed Summary) (bool, error) {
	id := listed.Instance
	v, revision, err := s.records.newest(ctx, id)
	switch {
	case err != nil:
		return false, err
	case v == nil || revision != listed.Revision || !v.Status.Ended() || keepsEvents(v, s.records.hub.Now(ctx)):
		return false, nil
	}
	err = s.records.purgeEnded(ctx, id, v, revision, s.over)
	if errors.Is(err, hub.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// keepsEvents reports whether the record keeps events for the next instance of the id.
func keepsEvents(v *record.InstanceRecord, now time.Time) bool {
	return slices.ContainsFunc(v.Kept, func(e record.Event) bool { return e.KeptUntil().After(now) })
}

// note counts the result for one instance. An error that other instances will meet as well
// ends the sweep.
func (s *sweep) note(purged bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case purged:
		s.purged++
	case errors.Is(err, ErrInstanceUnsettled):
		s.unsettled++
	case err != nil && s.err == nil:
		s.err = err
		s.cancel()
	}
}

func (s *sweep) result() error {
	if s.err == nil && s.unsettled > 0 {
		return fmt.Errorf("%w (%d of them)", ErrInstanceUnsettled, s.unsettled)
	}
	return s.err
}
