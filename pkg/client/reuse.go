package client

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// IDReuse returns the hub's policy for the ids of instances that have ended. With
// [RefuseLive], the default, they can be used again; with [NeverReuse] they are not,
// whatever a start asks for.
func (c *Client) IDReuse(ctx context.Context) (IDReuse, error) {
	keeps, err := c.hub.KeepsIDs(ctx)
	if err != nil {
		return RefuseLive, fmt.Errorf("reading whether ids are used again: %w", err)
	}
	if keeps {
		return NeverReuse, nil
	}
	return RefuseLive, nil
}

// SetIDReuse sets the hub's policy: [RefuseLive] or [NeverReuse]. Clients and workers heed
// it from then on, also for starts of plain NATS clients and of sub-orchestrations. The id
// of an instance that was purged is free in any case. It returns [ErrInvalidOption] for
// another policy.
func (c *Client) SetIDReuse(ctx context.Context, policy IDReuse) error {
	if policy != RefuseLive && policy != NeverReuse {
		return fmt.Errorf("%w: %s is no policy of a hub", ErrInvalidOption, policy)
	}
	if err := c.hub.SetKeepsIDs(ctx, policy == NeverReuse); err != nil {
		return fmt.Errorf("setting whether ids are used again: %w", err)
	}
	return nil
}

// checkReuse returns ErrInstanceExists if the hub lets no other instance have the id.
func (c *Client) checkReuse(ctx context.Context, id string, v *record.InstanceRecord) error {
	policy, err := c.IDReuse(ctx)
	if err == nil && policy == NeverReuse {
		err = fmt.Errorf("%w: %q is %s, and this hub gives no id to a second instance", ErrInstanceExists, id, v.Status)
	}
	return err
}
