package jetstream_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// A hub that three servers keep together behaves as one that a single server keeps, though it is told in
// other error codes and not known everywhere at once.
func TestCluster(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts three servers")
	}
	servers := natstest.StartCluster(t)
	openAt := func(t *testing.T, server int, name string) *jetstream.Hub {
		nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: servers[server].ClientURL()})
		require.NoError(t, err)
		t.Cleanup(nc.Close)
		return natstest.OpenWith(t, nc, jetstream.Config{Name: name, Partitions: 1, Replicas: 3})
	}
	open := func(t *testing.T, name string) *jetstream.Hub { return openAt(t, 0, name) }
	t.Run("feeds", func(t *testing.T) {
		t.Parallel()
		var hubs []*jetstream.Hub
		for i := range servers {
			hubs = append(hubs, openAt(t, i, "feeds"))
		}
		clusterFeeds(t, hubs)
	})
	t.Run("conflicts", func(t *testing.T) {
		t.Parallel()
		clusterConflicts(t, open(t, "conflicts"))
	})
	t.Run("repeats", func(t *testing.T) {
		t.Parallel()
		clusterRepeats(t, open(t, "repeats"))
	})
	t.Run("takeovers", func(t *testing.T) {
		t.Parallel()
		clusterTakeovers(t, open(t, "takeovers"))
	})
	t.Run("leases", func(t *testing.T) {
		t.Parallel()
		clusterLeases(t, open(t, "leases"))
	})
}

// clusterFeeds watches and lists by way of each server: none may miss what another has
// stored, be it the leader of the stream or not.
func clusterFeeds(t *testing.T, hubs []*jetstream.Hub) {
	for n := range 20 {
		id := fmt.Sprintf("i%d", n)
		var watches []<-chan struct{}
		for _, hub := range hubs {
			changes, err := hub.Watch(t.Context(), id)
			require.NoError(t, err)
			<-changes
			watches = append(watches, changes)
		}
		_, err := hubs[n%len(hubs)].Commit(t.Context(), id, value("e"), 0)
		require.NoError(t, err)
		for _, hub := range hubs {
			listed := 0
			require.NoError(t, hub.Scan(t.Context(), 0, func(history.Summary) bool { listed++; return true }))
			require.Equal(t, n+1, listed)
		}
		for _, changes := range watches {
			<-changes
		}
	}
}

func clusterConflicts(t *testing.T, h *jetstream.Hub) {
	const rivals = 16
	errs := make([]error, rivals)
	var committing sync.WaitGroup
	for i := range rivals {
		committing.Go(func() { _, errs[i] = h.Commit(t.Context(), "i", value("e"), 0) })
	}
	committing.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, hub.ErrConflict)
	}
	require.Equal(t, 1, won)
	start := hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "Budget", Execution: "e2"}
	_, err := h.Start(t.Context(), start, value("e2"))
	require.ErrorIs(t, err, hub.ErrConflict)
	start.Instance = "j"
	_, err = h.Start(t.Context(), start, value("e2"))
	require.NoError(t, err)
	v, _, err := h.LoadLatest(t.Context(), "j")
	require.NoError(t, err)
	require.Equal(t, "e2", v.Execution)
}

// A repeat may come while the first is still being agreed upon.
func clusterRepeats(t *testing.T, h *jetstream.Hub) {
	commands := []hub.Command{run(1), run(1), run(2), run(1)}
	require.NoError(t, h.Send(t.Context(), commands))
	errs := make([]error, 8)
	var telling sync.WaitGroup
	for i := range errs {
		telling.Go(func() { errs[i] = h.Send(t.Context(), toldOnce("c")) })
	}
	telling.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	b := openAll(t, h)
	last := post(t, h, "last", 1)
	require.Eventually(t, func() bool { return slices.Contains(b.seqs(), last[0]) }, maxWait, soon)
	require.Len(t, b.seqs(), len(toldOnce("c"))+1)
}

func clusterTakeovers(t *testing.T, hub *jetstream.Hub) {
	want := post(t, hub, "i", 20)
	for range 10 {
		b := openAll(t, hub)
		b.await(t, len(want))
		require.Equal(t, want, b.seqs())
		want = append(want, post(t, hub, "i", 1)...)
	}
}

func clusterLeases(t *testing.T, h *jetstream.Hub) {
	states, err := h.WatchLeases(t.Context())
	require.NoError(t, err)
	revision, err := h.Acquire(t.Context(), "l", "a")
	require.NoError(t, err)
	_, err = h.Acquire(t.Context(), "l", "b")
	require.ErrorIs(t, err, hub.ErrConflict)
	_, err = h.Renew(t.Context(), "l", "a", revision+1)
	require.ErrorIs(t, err, hub.ErrConflict)
	held := false
	deadline := time.After(maxWait)
	for !held {
		select {
		case state := <-states:
			held = state["l"] == "a"
		case <-deadline:
			require.FailNow(t, "the lease never shows")
		}
	}
}
