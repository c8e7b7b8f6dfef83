package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// RestartOption is an option of [Client.Restart].
type RestartOption func(*restartOptions)

type restartOptions struct {
	another  bool
	instance string
}

// WithNewID leaves the instance as it is and starts another with its input, under
// the given id, or a random one if that is empty.
func WithNewID(id string) RestartOption {
	return func(o *restartOptions) { o.another, o.instance = true, id }
}

// Restart starts an instance again, from the beginning: the same orchestrator,
// version and tags, and the input of its last generation. It returns the id, which
// is the same unless [WithNewID] asks for another. What was a sub-orchestration runs
// for nobody now.
//
// It returns [ErrInstanceNotFound], [ErrInstanceLive] if the instance has not ended
// and no new id is asked for, [ErrInstanceExists] if the new id belongs to an
// instance that has not ended or the hub uses no id again, [ErrNotRestartable], or [ErrUnknownOrchestrator].
func (c *Client) Restart(ctx context.Context, id string, opts ...RestartOption) (string, error) {
	var o restartOptions
	for _, opt := range opts {
		opt(&o)
	}
	if err := ident.CheckInstance(id); err != nil {
		return "", err
	}
	v, revision, err := c.hub.LoadLatest(ctx, id)
	switch {
	case err != nil:
		return "", fmt.Errorf("loading instance %q: %w", id, err)
	case v == nil || !v.Status.IsInstance():
		return "", notFound(id)
	}
	if v.Failure.IsOf(history.InputDropped) {
		return "", fmt.Errorf("%w: the input of %q took more than the hub has room for, and was dropped; start another", ErrNotRestartable, id)
	}
	l := &launch{id: id, name: v.Name, input: v.Input, tags: v.Tags, version: v.Version}
	if err := c.checkRegistered(ctx, l.name); err != nil {
		return "", err
	}
	if o.another && o.instance != id {
		return c.restartAs(ctx, l, o.instance)
	}
	return id, c.restartInPlace(ctx, l, v, revision)
}

func (c *Client) restartAs(ctx context.Context, l *launch, id string) (string, error) {
	if l.id = id; id == "" {
		l.id = randomID()
	}
	if err := ident.CheckInstance(l.id); err != nil {
		return "", err
	}
	return l.id, c.launch(ctx, l, predecessor{})
}

func (c *Client) restartInPlace(ctx context.Context, l *launch, v *record.InstanceRecord, revision uint64) error {
	if isLive(v) {
		return fmt.Errorf("%w: %q is %s", ErrInstanceLive, l.id, v.Status)
	}
	before, err := c.succeed(ctx, l.id, v, revision)
	if err != nil {
		return err
	}
	err = c.launch(ctx, l, before)
	if errors.Is(err, ErrInstanceExists) {
		return fmt.Errorf("%w: %q has been started again meanwhile", ErrInstanceLive, l.id)
	}
	return err
}
