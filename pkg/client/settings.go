package client

import (
	"context"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// Settings are the settings of a hub; [Client.Settings] returns them. All workers and clients
// of the hub heed a change from then on.
type Settings struct{ hub Hub }

// Retention returns for how long the hub keeps instances that have ended, 0 for ever.
func (s Settings) Retention(ctx context.Context) (time.Duration, error) {
	d, err := s.hub.Retention(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading the retention: %w", err)
	}
	return d, nil
}

// SetRetention sets for how long the hub keeps instances that have ended, 0 for ever. Workers
// purge older ones from time to time. It returns [ErrInvalidOption] for less than 0.
func (s Settings) SetRetention(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%w: retention %s", ErrInvalidOption, d)
	}
	if err := s.hub.SetRetention(ctx, d); err != nil {
		return fmt.Errorf("setting the retention: %w", err)
	}
	return nil
}

// IDReuse returns the hub's policy for the ids of instances that have ended. With
// [RefuseLive], the default, they can be used again. With [NeverReuse] they cannot, whatever
// a start asks for.
func (s Settings) IDReuse(ctx context.Context) (IDReuse, error) {
	keeps, err := s.hub.KeepsIDs(ctx)
	if err != nil {
		return RefuseLive, fmt.Errorf("reading whether ids are used again: %w", err)
	}
	if keeps {
		return NeverReuse, nil
	}
	return RefuseLive, nil
}

// SetIDReuse sets the hub's policy: [RefuseLive] or [NeverReuse]. It also holds for starts by
// plain NATS clients and for sub-orchestrations. The id of an instance that was purged is free
// in any case. SetIDReuse returns [ErrInvalidOption] for another policy.
func (s Settings) SetIDReuse(ctx context.Context, policy IDReuse) error {
	if policy != RefuseLive && policy != NeverReuse {
		return fmt.Errorf("%w: %s is no policy of a hub", ErrInvalidOption, policy)
	}
	if err := s.hub.SetKeepsIDs(ctx, policy == NeverReuse); err != nil {
		return fmt.Errorf("setting whether ids are used again: %w", err)
	}
	return nil
}

// checkReuse returns ErrInstanceExists if the hub gives the instance's id to no other one.
func (s Settings) checkReuse(ctx context.Context, id string, v *record.InstanceRecord) error {
	policy, err := s.IDReuse(ctx)
	if err == nil && policy == NeverReuse {
		err = fmt.Errorf("%w: %q is %s, and this hub gives no id to a second instance", ErrInstanceExists, id, v.Status)
	}
	return err
}
