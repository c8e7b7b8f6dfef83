package jetstream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// Ask stores an event and listens, until ctx ends, for its outcome. On a connection with an
// inbox prefix of its own no worker can be asked to answer: the event is stored, and no
// outcome comes.
func (r *requests) Ask(ctx context.Context, m hub.Message) (uint64, <-chan history.Outcome, error) {
	outcomes := make(chan history.Outcome, 1)
	inbox := r.nc.NewInbox()
	if _, err := wire.ParseReceipt(inbox); err != nil {
		number, err := r.Post(ctx, m)
		return number, outcomes, err
	}
	answered := false
	listener, err := r.nc.Subscribe(inbox, func(answer *nats.Msg) {
		// An event that comes to the worker again is answered again.
		if outcome := history.Outcome(answer.Data); isOutcome(outcome) && !answered {
			answered = true
			outcomes <- outcome
		}
	})
	if err != nil {
		return 0, nil, fmt.Errorf("listen for the outcome of event %q on instance %q: %w", m.Arg, m.Instance, err)
	}
	// It fails only where the connection has ended the subscription already.
	end := func() { _ = listener.Unsubscribe() }
	m.Receipt = inbox
	number, err := r.Post(ctx, m)
	if err != nil {
		end()
		return 0, nil, err
	}
	context.AfterFunc(ctx, end)
	return number, outcomes, nil
}

func isOutcome(o history.Outcome) bool {
	switch o {
	case history.Delivered, history.Buffered, history.Kept, history.Duplicate, history.Discarded:
		return true
	}
	return false
}
