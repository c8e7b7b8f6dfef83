package client

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/rawjson"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// TerminateOption is an option of [Client.Terminate].
type TerminateOption func(*terminateOptions)

type terminateOptions struct{ keepChildren bool }

// KeepChildren spares the instance's sub-orchestrations: they run on, and nobody is told of
// their results.
func KeepChildren() TerminateOption {
	return func(o *terminateOptions) { o.keepChildren = true }
}

// Terminate ends the instance from outside, and its sub-orchestrations unless [KeepChildren]
// spares them. Its code does not run again, not even to clean up. The instance has ended when
// a worker has taken the request in: see [Client.Wait]. Terminate returns
// [ErrInstanceNotFound] or [ErrInstanceEnded].
func (c *Client) Terminate(ctx context.Context, id, reason string, opts ...TerminateOption) error {
	var o terminateOptions
	for _, opt := range opts {
		opt(&o)
	}
	v, err := c.records.live(ctx, id)
	if err != nil {
		return err
	}
	m := hub.Message{Instance: id, Verb: hub.VerbTerminate, KeepChildren: o.keepChildren}
	if v.Status == Pending {
		// The start message may have been lost, so that there is only the claim. A message
		// that names the execution ends the instance all the same.
		m.Execution = v.Execution
	}
	return request(ctx, c.hub, m, reason)
}

// Suspend stops the instance: it keeps the inputs that it receives and handles them, in
// order, when it is resumed. Suspending a suspended instance changes nothing. Suspend returns
// [ErrInstanceNotFound] or [ErrInstanceEnded].
func (c *Client) Suspend(ctx context.Context, id, reason string) error {
	return c.requestOfLive(ctx, id, hub.VerbSuspend, reason)
}

// Resume lets a suspended instance go on. It also lets workers run the code of an instance
// again that is held back because its code seems to end the worker. Resume returns
// [ErrInstanceNotFound] or [ErrInstanceEnded].
func (c *Client) Resume(ctx context.Context, id, reason string) error {
	return c.requestOfLive(ctx, id, hub.VerbResume, reason)
}

// Rewind lets a failed instance try again from where it failed: the activities and
// sub-orchestrations that failed run again, and the results of those that succeeded are
// kept. The instance goes on when a worker has taken the request in. Rewind returns
// [ErrInstanceNotFound], [ErrInstanceNotFailed] unless the instance is Failed, or
// [ErrNotRewindable] if it failed because its state was too large to be stored.
func (c *Client) Rewind(ctx context.Context, id, reason string) error {
	v, err := c.records.load(ctx, id)
	if err == nil && v.Status != Failed {
		// The instance may have failed since this record was stored.
		v, err = c.records.latest(ctx, id)
	}
	if err != nil {
		return err
	}
	if v.Status != Failed {
		return fmt.Errorf("%w: %q is %s", ErrInstanceNotFailed, id, v.Status)
	}
	if v.Failure != nil && v.Failure.Type == history.StateTooLarge {
		return fmt.Errorf("%w: the history of %q was too large to be stored; restart it", ErrNotRewindable, id)
	}
	// The execution names this failure, so that a failure of a later execution stays.
	return request(ctx, c.hub, hub.Message{Instance: id, Verb: hub.VerbRewind, Execution: v.Execution}, reason)
}

// requestOfLive posts a request of an instance that has not ended.
func (c *Client) requestOfLive(ctx context.Context, id string, verb hub.Verb, reason string) error {
	if _, err := c.records.live(ctx, id); err != nil {
		return err
	}
	return request(ctx, c.hub, hub.Message{Instance: id, Verb: verb}, reason)
}

// request posts a message with a reason; an empty reason is none.
func request(ctx context.Context, h Hub, m hub.Message, reason string) error {
	if reason != "" {
		var err error
		if m.Data, err = encode(h, "reason", rawjson.Quote(reason)); err != nil {
			return err
		}
	}
	if _, err := h.Post(ctx, m); err != nil {
		return fmt.Errorf("%s of instance %q: %w", m.Verb, m.Instance, err)
	}
	return nil
}
