package hubsuite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var recordPromises = []promise[*fixture]{
	{"records/nothing is stored at first", nothingStored},
	{"records/what is committed is loaded", commitIsLoaded},
	{"records/a load sees a commit in the end", loadSeesCommit},
	{"records/revisions rise", revisionsRise},
	{"records/a value is created once", createdOnce},
	{"records/an old or wrong revision conflicts", wrongRevisionConflicts},
	{"records/of many commits at once one wins", oneCommitWins},
	{"records/a conflict leaves the value as it was", conflictHasNoEffect},
	{"records/nothing is shared with the caller", nothingShared},
	{"records/odd instance ids are instances of their own", oddInstances},
	{"records/a commit with an ended context fails", endedContext},
	{"records/limits fit together", limitsFit},
	{"records/one that nothing is known of can be put to an end", unknownIsEnded},
}

func nothingStored(t *fixture) {
	v, revision := t.latest("nobody")
	require.Nil(t, v)
	require.Zero(t, revision)
	v, revision, err := t.hub.Load(t.ctx, "nobody")
	require.NoError(t, err)
	require.Nil(t, v)
	require.Zero(t, revision)
}

func commitIsLoaded(t *fixture) {
	v := sample("e1")
	revision := t.create("i", v)
	require.NotZero(t, revision)
	t.requireStored("i", v, revision)

	v = sample("e2")
	v.Segments = []record.Segment{{Key: "s1", Events: 7, Bytes: 700}}
	revision = t.commit("i", v, revision)
	t.requireStored("i", v, revision)
}

// A value that could not be read, and had no headers, is ended with no more known of it.
func unknownIsEnded(t *fixture) {
	corrupt := &record.UnreadableError{Err: record.ErrCorrupt}
	v := corrupt.StandIn()
	v.Status, v.Blocked = history.Terminated, ""
	t.requireStored("i", v, t.create("i", v))
}

func loadSeesCommit(t *fixture) {
	v := sample("e1")
	revision := t.create("i", v)
	require.Eventually(t, func() bool {
		got, at, err := t.hub.Load(t.ctx, "i")
		return err == nil && at == revision && string(got.Encode()) == string(v.Encode())
	}, patience, 10*time.Millisecond)
}

func revisionsRise(t *fixture) {
	var last uint64
	revisions := map[string]uint64{}
	for n := range 20 {
		instance := fmt.Sprintf("i%d", n%3)
		revision := t.commit(instance, sample(fmt.Sprint(n)), revisions[instance])
		require.Greater(t, revision, last, "one counter for all instances")
		revisions[instance], last = revision, revision
	}
}

func createdOnce(t *fixture) {
	t.create("i", sample("e1"))
	_, err := t.hub.Commit(t.ctx, "i", sample("e2"), 0)
	require.ErrorIs(t, err, hub.ErrConflict)
}

func wrongRevisionConflicts(t *fixture) {
	first := t.create("i", sample("e1"))
	second := t.commit("i", sample("e2"), first)
	other := t.create("other", sample("e1"))
	for _, wrong := range []uint64{0, first, other, second + 1000} {
		_, err := t.hub.Commit(t.ctx, "i", sample("e3"), wrong)
		require.ErrorIs(t, err, hub.ErrConflict, "expected revision %d", wrong)
	}
	_, err := t.hub.Commit(t.ctx, "new", sample("e1"), first)
	require.ErrorIs(t, err, hub.ErrConflict, "a create that expects a revision")
}

func oneCommitWins(t *fixture) {
	revision := t.create("i", sample("e0"))
	for round := range 5 {
		results := race(32, func(n int) (uint64, error) {
			return t.hub.Commit(t.ctx, "i", sample(fmt.Sprintf("%d-%d", round, n)), revision)
		})
		winner := requireOneWinner(t, results)
		revision = results[winner].got
		t.requireStored("i", sample(fmt.Sprintf("%d-%d", round, winner)), revision)
	}
}

func conflictHasNoEffect(t *fixture) {
	v := sample("e1")
	revision := t.create("i", v)
	_, err := t.hub.Commit(t.ctx, "i", sample("e2"), revision+1)
	require.ErrorIs(t, err, hub.ErrConflict)
	t.requireStored("i", v, revision)
}

func nothingShared(t *fixture) {
	v := sample("e1")
	revision := t.create("i", v)
	scribble(v)
	t.requireStored("i", sample("e1"), revision)
	loaded, _ := t.latest("i")
	scribble(loaded)
	t.requireStored("i", sample("e1"), revision)
}

// scribble changes a record of which a careless store may still hold parts.
func scribble(v *record.InstanceRecord) {
	v.Status = history.Failed
	for _, b := range [][]byte{v.Input, v.Output, v.CustomStatus, v.Log.Stored(), v.Log.Events[1].Data} {
		clear(b)
	}
	v.Failure.Message, v.Failure.Cause.Message = "", ""
	v.SeenIDs[0], v.Waits[0].Name = "", ""
}

func oddInstances(t *fixture) {
	revisions := map[string]uint64{}
	for _, id := range oddIDs {
		require.NoError(t, ident.CheckInstance(id))
		revisions[id] = t.create(id, sample("of "+id))
		require.NoError(t, t.hub.WriteSegment(t.ctx, id, "s1", []byte("of "+id)))
	}
	for _, id := range oddIDs {
		t.requireStored(id, sample("of "+id), revisions[id])
		data, err := t.hub.ReadSegments(t.ctx, id, []string{"s1"})
		require.NoError(t, err)
		require.Equal(t, "of "+id, string(data[0]))
	}
}

func endedContext(t *fixture) {
	ctx, cancel := context.WithCancel(t.ctx)
	cancel()
	_, err := t.hub.Commit(ctx, "i", sample("e1"), 0)
	require.Error(t, err)
	require.NotErrorIs(t, err, hub.ErrConflict)
}

func limitsFit(t *fixture) {
	require.Positive(t, t.hub.MaxValue())
	require.Positive(t, t.hub.MaxPayload())
	require.LessOrEqual(t, t.hub.MaxPayload(), t.hub.MaxValue()/4)

	v := sample("e1")
	v.Input, v.Output = make([]byte, t.hub.MaxPayload()), make([]byte, t.hub.MaxPayload())
	t.requireStored("big", v, t.create("big", v))
}

// outcome is the result of one of several racers.
type outcome[T any] struct {
	got T
	err error
}

// race calls f n times at once.
func race[T any](n int, f func(n int) (T, error)) []outcome[T] {
	results := make([]outcome[T], n)
	var ready, running sync.WaitGroup
	ready.Add(n)
	for i := range n {
		running.Go(func() {
			ready.Done()
			ready.Wait()
			results[i].got, results[i].err = f(i)
		})
	}
	running.Wait()
	return results
}

// requireOneWinner returns the index of the only racer that had no conflict.
func requireOneWinner[T any](t *fixture, results []outcome[T]) int {
	t.Helper()
	winner := -1
	for i, r := range results {
		if errors.Is(r.err, hub.ErrConflict) {
			continue
		}
		require.NoError(t, r.err)
		require.Negative(t, winner, "two racers won")
		winner = i
	}
	require.GreaterOrEqual(t, winner, 0, "nobody won")
	return winner
}
