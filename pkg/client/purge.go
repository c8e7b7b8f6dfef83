package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
)

// Purge removes an ended instance and its history for good, and with it the events that are
// kept for the next instance of its id. It returns [ErrInstanceLive] if the instance has not
// ended, [ErrInstanceNotFound] if there is none, and [ErrInstanceUnsettled] if a worker has to
// finish with it first.
func (c *Client) Purge(ctx context.Context, id string) error {
	if err := ident.CheckInstance(id); err != nil {
		return err
	}
	timeout, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	for pauses := looks(); ; {
		err := c.records.purge(ctx, id, timeout.Done())
		if !errors.Is(err, hub.ErrConflict) {
			return err
		}
		// The record has changed meanwhile: the instance was started again, or an event is
		// kept for its id.
		if pauses.Wait(timeout) != nil {
			return cmp.Or(ctx.Err(), fmt.Errorf("%w: %q", ErrInstanceUnsettled, id))
		}
	}
}

// PurgeWhere removes the ended instances that the filter chooses, with their history, and
// returns how many it has removed. It does not touch instances that have not ended, whatever
// the filter says of their status, nor those whose id has kept events: see [WithKeepFor]. An
// instance that changes meanwhile is judged anew or left, so none is removed that the filter
// does not choose. The filter's Limit is how many are read together.
//
// PurgeWhere returns [ErrInstanceUnsettled] if a worker has to finish with some of the
// instances first; it removes the others all the same. Any other error ends it at once; the
// number then says how many were removed before.
func (c *Client) PurgeWhere(ctx context.Context, f Filter) (int, error) {
	if f.Status = ended(f.Status); len(f.Status) == 0 {
		return 0, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	timeout, stop := context.WithTimeout(ctx, settleTimeout)
	defer stop()
	s := &sweep{records: c.records, over: timeout.Done(), cancel: cancel}
	found := make(chan Summary)
	var group sync.WaitGroup
	for range purgers {
		group.Go(func() {
			for instance := range found {
				s.note(s.purge(ctx, instance))
			}
		})
	}
	s.note(false, send(ctx, c.All(ctx, f), found))
	close(found)
	group.Wait()
	return s.purged, s.result()
}
