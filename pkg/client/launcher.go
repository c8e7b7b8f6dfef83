package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// launcher starts instances.
type launcher struct {
	hub      Hub
	records  records
	registry *Registry
	settings Settings
}

// startAttempts bounds how many ended instances a start may meet, one after the other, before
// it gives up.
const startAttempts = 10

// prepare returns the launch that the arguments ask for, and checks what can be checked
// before it is sent.
func (s launcher) prepare(ctx context.Context, orchestrator string, input any, opts []StartOption) (*launch, error) {
	data, err := encode(s.hub, "input", input)
	if err != nil {
		return nil, err
	}
	l, err := newLaunch(orchestrator, data, s.hub.After(ctx, 0), opts)
	if err != nil {
		return nil, err
	}
	return l, s.registry.check(ctx, orchestrator)
}

// launch starts the instance in the place of the predecessor, or returns ErrInstanceExists.
// If the id has another record by now, it looks who has it and tries again.
func (s launcher) launch(ctx context.Context, l *launch, before predecessor) error {
	a := attempts{launch: l, pauses: looks()}
	for a.lost < startAttempts {
		if err := a.pause(ctx); err != nil {
			return err
		}
		_, err := s.tryLaunch(ctx, l, a.next(), before)
		if !errors.Is(err, hub.ErrConflict) {
			return err
		}
		v, revision, err := s.records.newest(ctx, l.id)
		if err != nil {
			return err
		}
		switch done, err := a.judge(v); {
		case done || err != nil:
			return err
		case v != nil && isLive(v):
			return s.replaceLive(ctx, l, v)
		}
		if before, err = s.succeed(ctx, l.id, v, revision); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %q is being started and ended too often", ErrInstanceExists, l.id)
}

// tryLaunch makes one attempt, and returns the number of its message.
func (s launcher) tryLaunch(ctx context.Context, l *launch, execution string, before predecessor) (uint64, error) {
	number, err := s.hub.Start(ctx, l.message(execution, before.revision), l.claim(execution, before, s.hub.Now(ctx).UTC()))
	if err != nil {
		return number, fmt.Errorf("starting instance %q: %w", l.id, err)
	}
	return number, nil
}

// replaceLive lets the engine end the live instance and start the new one, and returns when
// the engine has done so. There is no claim, since the record is that of the live instance.
func (s launcher) replaceLive(ctx context.Context, l *launch, v *record.InstanceRecord) error {
	if err := s.settings.checkReuse(ctx, l.id, v); err != nil {
		return err
	}
	m := l.message(rand.Text(), hub.AnyAtAll)
	number, err := s.hub.Post(ctx, m)
	if err != nil {
		return fmt.Errorf("starting instance %q: %w", l.id, err)
	}
	return s.records.observe(ctx, l.id, func(v *record.InstanceRecord) (bool, error) {
		if v == nil { // only a purge removes a record, and only of an instance that is settled
			return s.hub.Settled(ctx, l.id, number)
		}
		// A watermark beyond the message tells of an instance that was replaced in its turn.
		return record.IsRunOf(m.Execution, v.Execution) || v.Watermark >= number, nil
	})
}
