package worker_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// An instance that failed since its state was too large has lost what was not sealed of
// its history. It must not be rewound to a history with a hole.
func TestRewindOfAnOverflowedInstanceIsRefused(t *testing.T) {
	t.Parallel()
	const n = 6
	var sound atomic.Bool
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("O", func(ctx *orchestration.Context, _ string) (string, error) {
			var got []string
			for range n {
				letter, err := orchestration.Event[string]("Letter").Wait(ctx).Await()
				if err != nil {
					return "", err
				}
				got = append(got, letter[:1])
			}
			if sound.Load() {
				return strings.Join(got, ""), nil
			}
			return strings.Repeat("o", 7000), nil
		}))
	}
	s := newFixture(t, memhub.New(memhub.Config{MaxValue: 20_000, MaxPayload: 8_000}), register)
	s.work()
	s.start("O", strings.Repeat("i", 7000), "o")
	for i := range n {
		letter, err := json.Marshal(strconv.Itoa(i) + strings.Repeat("x", 3000))
		require.NoError(t, err)
		s.raise("o", "Letter", string(letter))
		s.until("o", func(o *client.Instance) bool { return o.Events >= i+2 || o.Status == client.Failed })
	}
	i := s.ends("o")
	require.Equal(t, client.Failed, i.Status)
	require.Equal(t, "StateTooLarge", i.Failure.Type)
	sound.Store(true)
	require.ErrorIs(t, s.client.Rewind(s.ctx, "o", ""), client.ErrNotRewindable)
	number, err := s.hub.Post(s.ctx, hub.Message{Instance: "o", Verb: hub.VerbRewind})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		settled, err := s.hub.Settled(s.ctx, "o", number)
		return err == nil && settled
	}, patience, time.Millisecond)
	i, err = s.client.Get(s.ctx, "o")
	require.NoError(t, err)
	require.Equal(t, client.Failed, i.Status)
}

// An event that is kept for the next instance of an id must not turn the completed one
// into a failed one. Sizes are those of a hub as it is by default.
func TestKeptEventsDoNotFailACompletedInstance(t *testing.T) {
	t.Parallel()
	s := newFixture(t, memhub.New(memhub.Config{}), registerCollector)
	large := []byte(`"` + strings.Repeat("x", 249_000) + `"`)
	v := &record.InstanceRecord{
		Name: "Collector", Execution: "x", Status: history.Completed, Created: time.Now(), Updated: time.Now(),
		Input: large, Output: large, Watermark: 0,
	}
	for range 1000 { // event ids of earlier generations
		v.SeenIDs = append(v.SeenIDs, rand.Text()+rand.Text()+rand.Text()+rand.Text()+rand.Text())
	}
	_, err := s.hub.Commit(s.ctx, "c", v, 0)
	require.NoError(t, err)
	s.work()
	for _, size := range []int{249_000, 60_000} {
		_, err := s.client.RaiseWithReceipt(s.ctx, "c", "Item", strings.Repeat("e", size), client.WithKeepFor(time.Hour))
		t.Log(err) // it may be refused
		i, err := s.client.Get(s.ctx, "c")
		require.NoError(t, err)
		require.Equal(t, client.Completed, i.Status, "%+v", i.Failure)
	}
}

// The same for an id that has no instance, on a server with max_payload 64 KiB.
func TestKeptEventsDoNotMakeAFailedInstance(t *testing.T) {
	t.Parallel()
	s := newFixture(t, memhub.New(memhub.Config{MaxValue: 56 << 10}), registerCollector)
	s.work()
	for range 6 {
		_, err := s.client.RaiseWithReceipt(s.ctx, "c", "Item", strings.Repeat("e", 12_000), client.WithKeepFor(time.Hour))
		if err != nil {
			require.NotErrorIs(t, err, context.DeadlineExceeded, "the id is stuck") // it may be refused
		}
	}
	i, err := s.client.Get(s.ctx, "c")
	require.ErrorIs(t, err, client.ErrInstanceNotFound, "%+v", i)
}
