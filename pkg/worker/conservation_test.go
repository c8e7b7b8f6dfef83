package worker_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// count is what a generation of Counter hands to the next.
type count struct {
	Next  int `json:"next"`
	Total int `json:"total"`
}

// registerCounter registers an orchestrator that takes in one event a generation,
// and fails if it is not the next.
func registerCounter(r *orchestration.Registry) {
	r.Add(orchestration.Orchestrator("Counter", func(ctx *orchestration.Context, in count) (int, error) {
		item, err := orchestration.Event[int]("Item").Wait(ctx).Await()
		if err != nil {
			return 0, err
		}
		if item != in.Next {
			return 0, fmt.Errorf("event %d came where %d was to come", item, in.Next)
		}
		if in.Next++; in.Next == in.Total {
			return in.Next, nil
		}
		return 0, ctx.ContinueAsNew(in)
	}))
}

// eventsToConserve is how many events the test raises; DORMOUSE_TEST_EVENTS sets
// another number.
func eventsToConserve(t *testing.T) int {
	t.Helper()
	text := os.Getenv("DORMOUSE_TEST_EVENTS")
	if text == "" {
		return 800
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "DORMOUSE_TEST_EVENTS")
	return n
}

// TestRule5EventConservation raises events as fast as it can on an instance that
// continues as new after each, while it is suspended and resumed, and its workers
// are stopped, cut off, paused and started, at random. All are taken in, once, in
// order; what is stored of it does not grow.
func TestRule5EventConservation(t *testing.T) {
	t.Parallel()
	events := eventsToConserve(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	f := newFleet(t, rand.New(rand.NewPCG(seed, seed)))
	registerCounter(f.registry)
	require.NoError(t, f.hub.Register(f.ctx, f.registry.Orchestrators()))
	f.hire()
	f.hire()
	f.start("Counter", count{Total: events}, "c")
	over := make(chan struct{})
	go func() {
		defer close(over)
		f.raiseOnce("c", events)
		f.resumes("c")
		f.insist(func() error { _, err := f.client.Wait(f.ctx, "c"); return err })
	}()
	for f.progress(over, 1) {
		f.disturb()
		// It cannot stay suspended: without turns nothing would disturb it again.
		f.insist(func() error { return f.steady.Suspend(f.ctx, "c", "") })
		f.resumes("c")
	}
	i := f.completes("c", strconv.Itoa(events))
	require.EqualValues(t, events-1, i.Generation)
	require.Less(t, i.Events, 300, "a history that does not end")
	v, _, err := f.hub.LoadLatest(f.ctx, "c")
	require.NoError(t, err)
	require.Less(t, len(v.Encode()), 64<<10)
	t.Logf("%d disturbances", f.disturbances)
}

func (f *fleet) resumes(id string) {
	f.insist(func() error {
		err := f.steady.Resume(f.ctx, id, "")
		if errors.Is(err, client.ErrInstanceEnded) {
			return nil
		}
		return err
	})
}
