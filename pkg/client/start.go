package client

import (
	"context"
	"errors"
)

// Start starts an instance of an orchestrator and returns its id, a random one unless
// [WithInstanceID] gives it. The function [Start] takes the handle of an orchestrator instead
// of its name.
//
// Start needs no worker: the start is stored, and the instance is [Pending] until a worker
// comes to it. Only with [TerminateLive], and an id that is live, Start waits until a worker
// has put the new instance into the place of the old one; and over an instance whose last
// decisions are not carried out yet, Start waits a few seconds for that, and returns
// [ErrInstanceUnsettled]. If ctx ends before, the start is
// stored all the same.
//
// Start returns [ErrUnknownOrchestrator] if no worker has ever registered that orchestrator on
// this hub, [ErrInstanceExists] if the id belongs to an instance that may not be replaced,
// [ErrInvalidName], [ErrInvalidPayload] or [ErrPayloadTooLarge]. In all these cases nothing
// has been started, nor will be later. After any other error the instance may or may not have
// been started. To try again is safe in two ways: with [WithIdempotencyKey], where
// [ErrAlreadyStarted] says that it was; and with an id of its own and the policy
// [NeverReuse], where ErrInstanceExists says so. With an id alone it is not safe: if the first
// instance has ended meanwhile, a second is started in its place.
func (c *Client) Start(ctx context.Context, orchestrator string, input any, opts ...StartOption) (string, error) {
	l, err := c.launcher.prepare(ctx, orchestrator, input, opts)
	if err != nil {
		return "", err
	}
	err = c.launcher.launch(ctx, l, predecessor{})
	if err != nil && !errors.Is(err, ErrAlreadyStarted) {
		return "", err
	}
	return l.id, err
}

// StartWithEvent raises an external event on an instance, starts the instance first if it is
// not live, and returns its id. Both is one message, so neither happens without the other. Of
// many callers at once one starts the instance, and the events of all reach it.
//
// StartWithEvent needs no worker, and so it cannot say whether the instance was started or was
// there: that is decided when a worker takes the message in. If the instance is live,
// orchestrator, input and all options but [WithInstanceID] and [WithStartEventID] change
// nothing.
//
// Errors are those of [Client.Start], with [ErrInstanceExists] only if the instance has ended
// and the hub uses no id again ([Settings.SetIDReuse]), and those of an event that cannot be
// raised: [ErrInvalidName], [ErrInvalidPayload], [ErrPayloadTooLarge]; the limit holds for
// input and payload together. It returns [ErrInvalidOption] for [WithIdempotencyKey], and for
// [WithIDReuse] with another policy than [RefuseLive]. After any other error the event may or
// may not have been sent; with WithStartEventID it is safe to try again while the instance
// lives.
func (c *Client) StartWithEvent(ctx context.Context, orchestrator string, input any, event string, payload any, opts ...StartOption) (string, error) {
	l, err := c.launcher.prepareWithEvent(ctx, orchestrator, input, event, payload, opts)
	if err != nil {
		return "", err
	}
	if err := c.launcher.startOrRaise(ctx, l); err != nil {
		return "", err
	}
	return l.id, nil
}

// RestartOption is an option of [Client.Restart].
type RestartOption func(*restartOptions)

type restartOptions struct {
	another  bool
	instance string
}

// WithNewID leaves the instance as it is and starts another with its input, under the given
// id, or a random one if that is empty.
func WithNewID(id string) RestartOption {
	return func(o *restartOptions) { o.another, o.instance = true, id }
}

// Restart starts an instance again, from the beginning: the same orchestrator, version and
// tags, and the input of its last generation. It returns the id, which is the same unless
// [WithNewID] asks for another. A sub-orchestration that is restarted has no parent any more.
//
// Restart returns [ErrInstanceNotFound], [ErrInstanceLive] if the instance has not ended and
// no new id is asked for, [ErrInstanceExists] if the new id belongs to an instance that has
// not ended or the hub uses no id again, [ErrNotRestartable], or [ErrUnknownOrchestrator].
func (c *Client) Restart(ctx context.Context, id string, opts ...RestartOption) (string, error) {
	var o restartOptions
	for _, opt := range opts {
		opt(&o)
	}
	return c.launcher.restart(ctx, id, o)
}
