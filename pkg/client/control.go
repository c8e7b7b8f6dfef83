package client

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/rawjson"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// TerminateOption is an option of [Client.Terminate].
type TerminateOption func(*hub.Message)

// KeepChildren spares the instance's sub-orchestrations: they run on, for nobody.
func KeepChildren() TerminateOption {
	return func(m *hub.Message) { m.KeepChildren = true }
}

// Terminate ends the instance from outside, and its sub-orchestrations unless
// [KeepChildren] spares them; what it was doing is left undone. The end comes when
// a worker has taken the request in: see [Client.Wait]. It returns
// [ErrInstanceNotFound] or [ErrInstanceEnded].
func (c *Client) Terminate(ctx context.Context, id, reason string, opts ...TerminateOption) error {
	v, err := c.loadLive(ctx, id)
	if err != nil {
		return err
	}
	m := hub.Message{Instance: id, Verb: hub.VerbTerminate}
	if v.Status == Pending {
		// Its claim may be all there is of it; named, it can be ended all the same.
		m.Execution = v.Execution
	}
	for _, opt := range opts {
		opt(&m)
	}
	return c.say(ctx, m, reason)
}

// Suspend stops the instance: it keeps what it receives and handles it, in order,
// when it is resumed. Suspending a suspended instance changes nothing. It returns
// [ErrInstanceNotFound] or [ErrInstanceEnded].
func (c *Client) Suspend(ctx context.Context, id, reason string) error {
	return c.sayToLive(ctx, id, hub.VerbSuspend, reason)
}

// Resume lets a suspended instance go on, and one whose code is not run any more because
// it seems to end its worker be tried again. It returns [ErrInstanceNotFound] or
// [ErrInstanceEnded].
func (c *Client) Resume(ctx context.Context, id, reason string) error {
	return c.sayToLive(ctx, id, hub.VerbResume, reason)
}

// Rewind lets a failed instance try again from where it failed: the activities and
// sub-orchestrations that failed run again, the results of those that succeeded are
// kept. It goes on when a worker has taken the request in. It returns
// [ErrInstanceNotFound], [ErrInstanceNotFailed] unless the instance is Failed, or
// [ErrNotRewindable] if it failed since its state was too large to be stored.
func (c *Client) Rewind(ctx context.Context, id, reason string) error {
	v, err := c.load(ctx, id)
	if err == nil && v.Status != Failed {
		// It may have failed since this value.
		v, err = c.loadLatest(ctx, id)
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
	// It is this failure that is to be taken back, not one of a later execution.
	return c.say(ctx, hub.Message{Instance: id, Verb: hub.VerbRewind, Execution: v.Execution}, reason)
}

func (c *Client) sayToLive(ctx context.Context, id string, verb hub.Verb, reason string) error {
	if _, err := c.loadLive(ctx, id); err != nil {
		return err
	}
	return c.say(ctx, hub.Message{Instance: id, Verb: verb}, reason)
}

func (c *Client) say(ctx context.Context, m hub.Message, reason string) error {
	var err error
	if m.Data, err = c.reason(reason); err != nil {
		return err
	}
	if _, err := c.hub.Post(ctx, m); err != nil {
		return fmt.Errorf("%s of instance %q: %w", m.Verb, m.Instance, err)
	}
	return nil
}

// reason returns a reason as a payload, nil for none.
func (c *Client) reason(reason string) ([]byte, error) {
	if reason == "" {
		return nil, nil
	}
	return c.encode("reason", rawjson.Quote(reason))
}
