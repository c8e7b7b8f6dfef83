package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Client speaks to the instances of one hub.
type Client struct {
	hub Hub

	mu sync.Mutex
	// known are orchestrator names that the hub was seen to have. A name never
	// leaves a hub, so what is found here need not be asked for again.
	known map[string]bool
}

// New returns a client of the hub. It holds nothing that needs to be closed.
func New(hub Hub) *Client {
	return &Client{hub: hub, known: map[string]bool{}}
}

// Now returns the hub's time, by which timers become due. It does not depend on this
// computer's clock, unless the hub may not be asked.
func (c *Client) Now(ctx context.Context) time.Time { return c.hub.Now(ctx) }

// load returns the value of an instance, or ErrInstanceNotFound. The value may be
// a moment old, but the instance is never missed for that reason. For a value that
// cannot be read it returns a stand-in.
func (c *Client) load(ctx context.Context, id string) (*record.InstanceRecord, error) {
	if err := ident.CheckInstance(id); err != nil {
		return nil, err
	}
	v, _, err := c.hub.Load(ctx, id)
	if err != nil && !isUnreadable(err) {
		return nil, fmt.Errorf("loading instance %q: %w", id, err)
	}
	if v != nil && v.Status.IsInstance() {
		return v, nil
	}
	return c.loadLatest(ctx, id)
}

// newest returns the newest value of an id and its revision. For a value that cannot be
// read it returns a stand-in, so that the instance is seen, can be ended and can be
// replaced.
func (c *Client) newest(ctx context.Context, id string) (*record.InstanceRecord, uint64, error) {
	v, revision, err := c.hub.LoadLatest(ctx, id)
	var unreadable *record.UnreadableError
	switch {
	case errors.As(err, &unreadable):
		return unreadable.StandIn(), unreadable.Revision, nil
	case err != nil:
		return nil, 0, fmt.Errorf("loading instance %q: %w", id, err)
	}
	return v, revision, nil
}

func isUnreadable(err error) bool {
	var unreadable *record.UnreadableError
	return errors.As(err, &unreadable)
}

// loadLatest returns the newest value of an instance, or ErrInstanceNotFound.
func (c *Client) loadLatest(ctx context.Context, id string) (*record.InstanceRecord, error) {
	v, _, err := c.newest(ctx, id)
	if err != nil {
		return nil, err
	}
	if v == nil || !v.Status.IsInstance() {
		return nil, notFound(id)
	}
	return v, nil
}

func notFound(id string) error { return fmt.Errorf("%w: %q", ErrInstanceNotFound, id) }

// loadLive returns the value of an instance that has not ended, otherwise
// ErrInstanceNotFound or ErrInstanceEnded.
func (c *Client) loadLive(ctx context.Context, id string) (*record.InstanceRecord, error) {
	v, err := c.load(ctx, id)
	if err != nil || !v.Status.Ended() {
		return v, err
	}
	// It may have been started again since this value.
	if v, err = c.loadLatest(ctx, id); err != nil {
		return nil, err
	}
	if v.Status.Ended() {
		return nil, fmt.Errorf("%w: %q is %s", ErrInstanceEnded, id, v.Status)
	}
	return v, nil
}
