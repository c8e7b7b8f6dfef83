package hubfaults

import (
	"context"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// outbox keeps the promises of [hub.Outbox].
type outbox struct {
	*faults
	hub hub.Outbox
}

// Send is the hub's, counted as one call.
func (o *outbox) Send(ctx context.Context, commands []hub.Command) error {
	return countedError(o.faults, "Send", func() error { return o.hub.Send(ctx, commands) })
}

// Post is the hub's, counted.
func (o *outbox) Post(ctx context.Context, m hub.Message) (uint64, error) {
	return counted(o.faults, "Post", func() (uint64, error) { return o.hub.Post(ctx, m) })
}

// Reply is the hub's, until the worker is killed.
func (o *outbox) Reply(ctx context.Context, receipt string, outcome history.Outcome) error {
	return uncountedError(o.faults, func() error { return o.hub.Reply(ctx, receipt, outcome) })
}
