package client

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// Terminate ends the instance from outside; what it was doing is left undone.
// The end comes when a worker has taken the request in: see [Client.Wait]. It
// returns [ErrInstanceNotFound] or [ErrInstanceEnded].
func (c *Client) Terminate(ctx context.Context, id, reason string) error {
	return c.control(ctx, id, history.VerbTerminate, reason)
}

// Suspend stops the instance: it keeps what it receives and handles it, in order,
// when it is resumed. Suspending a suspended instance changes nothing. It returns
// [ErrInstanceNotFound] or [ErrInstanceEnded].
func (c *Client) Suspend(ctx context.Context, id, reason string) error {
	return c.control(ctx, id, history.VerbSuspend, reason)
}

// Resume lets a suspended instance go on. It returns [ErrInstanceNotFound] or
// [ErrInstanceEnded].
func (c *Client) Resume(ctx context.Context, id, reason string) error {
	return c.control(ctx, id, history.VerbResume, reason)
}

func (c *Client) control(ctx context.Context, id string, verb history.Verb, reason string) error {
	v, err := c.loadLive(ctx, id)
	if err != nil {
		return err
	}
	data, err := c.reason(reason)
	if err != nil {
		return err
	}
	m := history.Message{Instance: id, Verb: verb, Data: data}
	if verb == history.VerbTerminate && v.Status == Pending {
		// Its claim may be all there is of it; named, it can be ended all the same.
		m.Execution = v.Execution
	}
	if _, err := c.hub.Post(ctx, m); err != nil {
		return fmt.Errorf("%s of instance %q: %w", verb, id, err)
	}
	return nil
}

// reason returns a reason as a payload, nil for none.
func (c *Client) reason(reason string) ([]byte, error) {
	if reason == "" {
		return nil, nil
	}
	return c.encode("reason", json.RawMessage(quote(reason)))
}

// quote returns a string as JSON, which never fails.
func quote(s string) []byte {
	data, _ := json.Marshal(s)
	return data
}
