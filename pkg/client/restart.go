package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// restart starts the instance again, in its place or under another id.
func (s launcher) restart(ctx context.Context, id string, o restartOptions) (string, error) {
	if err := ident.CheckInstance(id); err != nil {
		return "", err
	}
	v, revision, err := s.hub.LoadLatest(ctx, id)
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
	if err := s.registry.check(ctx, l.name); err != nil {
		return "", err
	}
	if o.another && o.instance != id {
		return s.restartAs(ctx, l, o.instance)
	}
	return id, s.restartInPlace(ctx, l, v, revision)
}

func (s launcher) restartAs(ctx context.Context, l *launch, id string) (string, error) {
	if l.id = id; id == "" {
		l.id = randomID()
	}
	if err := ident.CheckInstance(l.id); err != nil {
		return "", err
	}
	return l.id, s.launch(ctx, l, predecessor{})
}

func (s launcher) restartInPlace(ctx context.Context, l *launch, v *record.InstanceRecord, revision uint64) error {
	if isLive(v) {
		return fmt.Errorf("%w: %q is %s", ErrInstanceLive, l.id, v.Status)
	}
	before, err := s.succeed(ctx, l.id, v, revision)
	if err != nil {
		return err
	}
	err = s.launch(ctx, l, before)
	if errors.Is(err, ErrInstanceExists) {
		return fmt.Errorf("%w: %q has been started again meanwhile", ErrInstanceLive, l.id)
	}
	return err
}
