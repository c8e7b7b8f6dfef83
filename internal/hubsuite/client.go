package hubsuite

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var startPromises = []promise[*clientFixture]{
	{"start/stores the message and the claim", startStoresBoth},
	{"start/of a live id conflicts", startConflicts},
	{"start/of 32 at once exactly one wins", startRace},
	{"start/of 32 over an ended one exactly one wins", startRaceOverEnded},
	{"start/over a purged one", startOverPurged},
	{"start/over an ended one drops its sealed history", startDropsSegments},
	{"start/odd instance ids", startOdd},
	{"start/the names of orchestrators", registeredNames},
	{"start/the names of activities", registeredActivities},
	{"start/a hub stays itself", identity},
	{"start/what is to be after a while is not due before", notBefore},
}

var watchPromises = []promise[*clientFixture]{
	{"watch/a token at once and after each change", watchChanges},
	{"watch/a slow reader sees the newest change", watchSlow},
	{"watch/sees its instance only", watchOthers},
	{"watch/may come before the instance", watchBefore},
	{"watch/many at once", watchMany},
	{"watch/of all instances sees a change of any", watchAll},
}

func startMessage(instance, execution string, replaces uint64) hub.Message {
	return hub.Message{
		Instance: instance, Verb: hub.VerbStart, Arg: "Budget", Data: []byte("1"),
		Execution: execution, Replaces: replaces,
	}
}

func claim(execution string) *record.InstanceRecord {
	return &record.InstanceRecord{Name: "Budget", Execution: execution, Status: history.Pending, Created: sampleTime, Input: []byte("1")}
}

func ended(execution string) *record.InstanceRecord {
	v := claim(execution)
	v.Status = history.Completed
	return v
}

func (t *clientFixture) start(instance, execution string, replaces uint64) error {
	_, err := t.hub.Start(t.ctx, startMessage(instance, execution, replaces), claim(execution))
	return err
}

func notBefore(t *clientFixture) {
	b := t.openAll(nil)
	for n := range 20 {
		t.raise("i", "E") // its time is before that of the next call
		at := t.hub.After(t.ctx, time.Minute)
		stored := b.await(t.fixture, "the message", func(all []arrival) bool { return len(all) > n })[n].Stored
		require.False(t, at.Before(stored.Add(time.Minute)), "it was %v early", stored.Add(time.Minute).Sub(at))
	}
}

func startStoresBoth(t *clientFixture) {
	b := t.openAll(nil)
	require.NoError(t, t.start("i", "e1", 0))
	v, revision := t.latest("i")
	require.NotNil(t, v)
	require.NotZero(t, revision)
	require.Equal(t, claim("e1").Encode(), v.Encode())
	all := b.await(t.fixture, "the start message", func(all []arrival) bool { return len(all) > 0 })
	require.Equal(t, startMessage("i", "e1", 0), all[0].Message)
}

func startConflicts(t *clientFixture) {
	require.NoError(t, t.start("i", "e1", 0))
	_, revision := t.latest("i")
	require.ErrorIs(t, t.start("i", "e2", 0), hub.ErrConflict)
	require.ErrorIs(t, t.start("i", "e3", revision+100), hub.ErrConflict)
	t.requireStored("i", claim("e1"), revision)
}

// startAtOnce lets 32 start the same id, and checks that one wins whose claim is
// stored and whose message is delivered.
func (t *clientFixture) startAtOnce(instance string, replaces uint64) {
	t.Helper()
	execution := func(n int) string { return fmt.Sprintf("run-%d", n) }
	results := race(32, func(n int) (struct{}, error) {
		return struct{}{}, t.start(instance, execution(n), replaces)
	})
	won := execution(requireOneWinner(t.fixture, results))
	v, revision := t.latest(instance)
	require.NotNil(t, v)
	require.Equal(t, won, v.Execution)
	require.Greater(t, revision, replaces)
	b := t.openAll(nil)
	b.awaitMessage(t.fixture, startMessage(instance, won, replaces))
	b.stop()
}

func startRace(t *clientFixture) {
	for n := range 5 {
		t.startAtOnce(fmt.Sprintf("i%d", n), 0)
	}
}

func startRaceOverEnded(t *clientFixture) {
	for n := range 5 {
		instance := fmt.Sprintf("i%d", n)
		t.startAtOnce(instance, t.create(instance, ended("before")))
	}
}

func startOverPurged(t *clientFixture) {
	revision := t.create("i", ended("before"))
	require.NoError(t, t.hub.Purge(t.ctx, "i", revision))
	_, revision = t.latest("i")
	t.startAtOnce("i", revision)
}

func startDropsSegments(t *clientFixture) {
	require.NoError(t, t.hub.WriteSegment(t.ctx, "i", "e1.1.9", []byte("sealed")))
	require.NoError(t, t.hub.WriteSegment(t.ctx, "other", "e1.1.9", []byte("sealed")))
	revision := t.create("i", ended("e1"))
	require.NoError(t, t.start("i", "e2", revision))
	_, err := t.hub.ReadSegments(t.ctx, "i", []string{"e1.1.9"})
	require.ErrorIs(t, err, hub.ErrNotFound)
	_, err = t.hub.ReadSegments(t.ctx, "other", []string{"e1.1.9"})
	require.NoError(t, err)
}

func startOdd(t *clientFixture) {
	b := t.openAll(nil)
	for _, id := range oddIDs {
		require.NoError(t, t.start(id, "e", 0))
		v, _ := t.latest(id)
		require.NotNil(t, v)
		b.awaitMessage(t.fixture, startMessage(id, "e", 0))
	}
}

func identity(t *clientFixture) {
	before := t.hub.Identity()
	require.NotEmpty(t, before)
	t.create("i", sample("e"))
	require.Equal(t, before, t.hub.Identity())
}

func registeredNames(t *clientFixture) {
	names, err := t.hub.Registered(t.ctx)
	require.NoError(t, err)
	require.Empty(t, names)
	require.NoError(t, t.hub.Register(t.ctx, []string{"Budget", "Ünlock ✓ . * >", "Alarm"}))
	require.NoError(t, t.hub.Register(t.ctx, []string{"Budget", "Budget.v2"}))
	require.NoError(t, t.hub.Register(t.ctx, nil))
	names, err = t.hub.Registered(t.ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"Alarm", "Budget", "Budget.v2", "Ünlock ✓ . * >"}, names)
	require.Empty(t, t.scan(0), "names are no instances")
}

func registeredActivities(t *clientFixture) {
	names, err := t.hub.RegisteredActivities(t.ctx)
	require.NoError(t, err)
	require.Empty(t, names)
	require.NoError(t, t.hub.RegisterActivities(t.ctx, []string{"Mail", "Ünlock ✓ . * >"}))
	require.NoError(t, t.hub.RegisterActivities(t.ctx, []string{"Mail", "Call"}))
	names, err = t.hub.RegisteredActivities(t.ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"Call", "Mail", "Ünlock ✓ . * >"}, names)
	names, err = t.hub.Registered(t.ctx)
	require.NoError(t, err)
	require.Empty(t, names, "activities are no orchestrators")
	require.Empty(t, t.scan(0), "names are no instances")
}

func (t *clientFixture) watch(instance string) <-chan struct{} {
	t.Helper()
	tokens, err := t.hub.Watch(t.ctx, instance)
	require.NoError(t, err)
	return tokens
}

// awaitRevision loads after each token until the instance is at the revision.
func (t *clientFixture) awaitRevision(tokens <-chan struct{}, instance string, want uint64) {
	t.Helper()
	for {
		receive(t.fixture, fmt.Sprintf("a token of revision %d", want), tokens)
		if _, revision := t.latest(instance); revision >= want {
			return
		}
	}
}

func watchChanges(t *clientFixture) {
	revision := t.create("i", sample("e0"))
	tokens := t.watch("i")
	receive(t.fixture, "the token at once", tokens)
	for n := range 10 {
		revision = t.commit("i", sample(fmt.Sprint(n)), revision)
		t.awaitRevision(tokens, "i", revision)
	}
	require.NoError(t, t.hub.Purge(t.ctx, "i", revision))
	t.awaitRevision(tokens, "i", revision+1)
}

func watchSlow(t *clientFixture) {
	revision := t.create("i", sample("e0"))
	tokens := t.watch("i")
	const changes = 100
	for n := range changes {
		revision = t.commit("i", sample(fmt.Sprint(n)), revision)
	}
	t.awaitRevision(tokens, "i", revision)
}

func watchOthers(t *clientFixture) {
	ids := []string{"i", "I", "i.j", "*", ">"}
	watches := map[string]<-chan struct{}{}
	for _, id := range ids {
		watches[id] = t.watch(id)
		receive(t.fixture, "the token at once", watches[id])
	}
	// Each is changed after all others were, so that a token that is sent by mistake has arrived.
	for _, id := range ids {
		t.awaitRevision(watches[id], id, t.create(id, sample("e")))
		for _, other := range ids {
			require.Empty(t, watches[other], "%q sees a change of %q", other, id)
		}
	}
}

func watchBefore(t *clientFixture) {
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	tokens, err := t.hub.Watch(ctx, "i")
	require.NoError(t, err)
	receive(t.fixture, "the token at once", tokens)
	t.awaitRevision(tokens, "i", t.create("i", sample("e")))
}

func watchMany(t *clientFixture) {
	var watches []<-chan struct{}
	for range 20 {
		watches = append(watches, t.watch("i"))
	}
	revision := t.create("i", sample("e"))
	for _, tokens := range watches {
		t.awaitRevision(tokens, "i", revision)
	}
}

func watchAll(t *clientFixture) {
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	tokens, err := t.hub.WatchAll(ctx)
	require.NoError(t, err)
	receive(t.fixture, "the token at once", tokens)
	revisions := map[string]uint64{}
	for _, id := range []string{"i", "I", "i.j", "*", ">", "i"} {
		revisions[id] = t.commit(id, sample("e"), revisions[id])
		t.awaitRevision(tokens, id, revisions[id])
	}
	require.NoError(t, t.hub.Purge(t.ctx, "i", revisions["i"]))
	t.awaitRevision(tokens, "i", revisions["i"]+1)
	cancel()
	for range tokens { // until it is closed
	}
}
