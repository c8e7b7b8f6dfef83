package worker_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hubfaults"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// TestQueueMessagesTakeEffectOnce kills the worker before and after every call it makes
// to the hub, or makes the call fail, while it raises an event for each message of a
// queue. Whatever is delivered again, each message raises one event.
func TestQueueMessagesTakeEffectOnce(t *testing.T) {
	t.Parallel()
	calls := collectFromQueue(t)
	require.Greater(t, calls, 10)
	for n := 1; n <= calls; n++ {
		for _, fault := range []hubfaults.Fault{
			hubfaults.KillBefore(n), hubfaults.KillAfter(n), hubfaults.FailBefore(n), hubfaults.FailAfter(n),
		} {
			t.Run(fault.String(), func(t *testing.T) {
				t.Parallel()
				collectFromQueue(t, fault)
			})
		}
	}
}

// collectFromQueue raises an event for each of some messages, and returns how many
// calls the worker that meets the faults has made.
func collectFromQueue(t *testing.T, faults ...hubfaults.Fault) int {
	t.Helper()
	m := memhub.New(memhub.Config{KeepAliveInterval: 20 * time.Millisecond})
	s := newFixture(t, m, registerCollector)
	faulty := hubfaults.New(m, faults...)
	s.start("Collector", 4, "c")
	for _, body := range []string{"a", "b", "c"} {
		s.send(body)
	}
	stop := s.collect("first", dying{faulty, memory{m}})
	ended := make(chan struct{})
	replaced := make(chan struct{})
	go func() {
		defer close(replaced)
		select {
		case <-ended:
			return
		case <-faulty.Killed():
		}
		stop()
		faulty.Wait()
		m.ExpireLeases("first")
		m.Redeliver()
		s.collect("second", m)
	}()
	s.empty("q")
	require.Empty(t, s.poison0())
	s.raise("c", "Item", `"the end"`)
	i := s.ends("c")
	close(ended)
	<-replaced
	var items []string
	require.NoError(t, json.Unmarshal(i.Output, &items))
	require.Equal(t, "the end", items[len(items)-1])
	require.ElementsMatch(t, []string{"a", "b", "c", "the end"}, items)
	return len(faulty.Calls())
}

// collect runs a worker that raises an event for each message.
func (s *fixture) collect(id string, h worker.Hub) (stop func()) {
	s.Helper()
	queues := onQ(func(ctx context.Context, m *worker.QueueMessage, body string) error {
		return m.Client.Raise(ctx, "c", "Item", body, client.WithEventID(m.ID))
	})
	_, stop = s.launch(h, worker.Config{ID: id, Queues: queues, DrainTimeout: time.Millisecond})
	return stop
}
