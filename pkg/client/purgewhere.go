package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// purgers is how many instances are purged at a time.
const purgers = 8

// PurgeWhere removes the ended instances that the filter chooses, with their
// history, and returns how many it has removed. Instances that have not ended are
// not touched, whatever the filter says of their status, nor are those for whose next
// instance events are kept: see [WithKeepFor]. What changes meanwhile is
// judged anew or left: nothing is removed that the filter would not have chosen as
// it was. The filter's Limit is how many are looked at together.
//
// It returns [ErrInstanceUnsettled] if there were instances that a worker has to
// finish with first; all others are removed all the same. Any other error ends it
// at once; the number then says what was done before.
func (c *Client) PurgeWhere(ctx context.Context, f Filter) (int, error) {
	if f.Status = ended(f.Status); len(f.Status) == 0 {
		return 0, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	patience, stop := context.WithTimeout(ctx, settlePatience)
	defer stop()
	s := &sweep{client: c, patience: patience.Done(), cancel: cancel}
	found := make(chan Summary)
	var group sync.WaitGroup
	for range purgers {
		group.Go(func() {
			for instance := range found {
				s.note(s.purge(ctx, instance))
			}
		})
	}
	s.note(false, c.feed(ctx, f, found))
	close(found)
	group.Wait()
	return s.purged, s.result()
}

// ended returns those of the statuses that ended instances have, all of them if
// there are none given.
func ended(statuses []Status) []Status {
	if len(statuses) == 0 {
		return []Status{Completed, Failed, Terminated, Canceled}
	}
	return slices.DeleteFunc(slices.Clone(statuses), func(s Status) bool { return !s.Ended() })
}

// feed sends what the filter chooses.
func (c *Client) feed(ctx context.Context, f Filter, found chan<- Summary) error {
	for instance, err := range c.All(ctx, f) {
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

// sweep is the removal of many instances.
type sweep struct {
	client   *Client
	patience <-chan struct{}
	cancel   context.CancelFunc

	mu        sync.Mutex
	purged    int
	unsettled int
	err       error
}

// purge removes an instance if it still is as it was listed, and reports whether it
// did. What has changed since stands further on in the listing.
func (s *sweep) purge(ctx context.Context, listed Summary) (bool, error) {
	id := listed.Instance
	v, revision, err := s.client.newest(ctx, id)
	switch {
	case err != nil:
		return false, err
	case v == nil || revision != listed.Revision || !v.Status.Ended() || keepsEvents(v, s.client.hub.Now(ctx)):
		return false, nil
	}
	err = s.client.purgeEnded(ctx, id, v, revision, s.patience)
	if errors.Is(err, hub.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// keepsEvents reports whether there are events for the next instance of the id.
func keepsEvents(v *record.InstanceRecord, now time.Time) bool {
	return slices.ContainsFunc(v.Kept, func(e record.Event) bool { return e.At.After(now) })
}

// note counts what became of one instance. An error that others will meet as well
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
