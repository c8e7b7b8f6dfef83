package run

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
)

// outbox sends the commands of commits.
type outbox struct {
	hub     hub.Outbox
	monitor *monitor.Monitor
	unknown unknownActivities
}

func (b *outbox) send(ctx context.Context, commands []hub.Command) error {
	if len(commands) == 0 {
		return nil
	}
	if err := b.hub.Send(ctx, commands); err != nil {
		return fmt.Errorf("send the commands of a commit: %w", err)
	}
	for _, a := range b.unknown.meet(commands) {
		b.monitor.Log.Warn("an activity was asked for that this worker does not have: it waits for a worker that has registered it",
			monitor.KeyActivity, a.Name, monitor.KeyInstance, a.Instance)
	}
	return nil
}

// reply tells senders how their events were taken. A reply that is lost is not sent again.
func (b *outbox) reply(ctx context.Context, replies []turn.Reply) {
	for _, r := range replies {
		if err := b.hub.Reply(ctx, r.To, r.Outcome); err != nil {
			b.monitor.Log.Debug("a reply was not sent", monitor.KeyError, err)
		}
	}
}

// ack removes messages from the hub; those that could not be kept go to the dead letters.
func ack(batch []hub.Delivery, rejected map[uint64]string) {
	for _, m := range batch {
		if reason, isRejected := rejected[m.Seq]; isRejected {
			m.Reject(reason)
			continue
		}
		m.Ack()
	}
}
