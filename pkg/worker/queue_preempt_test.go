package worker_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// S4 as documented: raise with the message's id, which is queue-<number> and can be
// guessed. Who may only raise takes the id before, with an event of any name: the
// message is done and has had no effect.
func TestRaiserCannotUndoQueueMessages(t *testing.T) {
	t.Parallel()
	nc := natstest.Connect(t, natstest.Start(t))
	st := newFixture(t, natstest.Open(t, nc), func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Receiver", func(ctx *orchestration.Context, _ int) (bool, error) {
			return orchestration.Event[bool]("Approval").Wait(ctx).Await()
		}))
	})
	var queues worker.Queues
	worker.OnQueue(&queues, "q", func(ctx context.Context, m *worker.QueueMessage, id string) error {
		err := m.Client.Raise(ctx, id, "Approval", true, client.WithEventID(m.ID))
		if errors.Is(err, client.ErrInstanceEnded) {
			return nil
		}
		return err
	})
	st.launch(st.hub, worker.Config{Queues: &queues})
	st.start("Receiver", 0, "rec")
	st.waits("rec", "Approval")
	m := nats.NewMsg("default.to.rec.raise.Noise") // all that the publisher may say
	m.Header.Set("Dormouse-Event-Id", "queue-1")
	_, err := nc.RequestMsg(m, patience)
	require.NoError(t, err)
	require.NoError(t, st.client.Queues().Send(st.ctx, "q", []byte("rec")))
	ctx, cancel := context.WithTimeout(st.ctx, 8*time.Second)
	defer cancel()
	i, err := st.client.Wait(ctx, "rec")
	require.NoError(t, err, "the message is done, and its approval never arrived")
	require.Equal(t, "true", string(i.Output))
}
