package hubsuite

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var scanPromises = []promise[*clientFixture]{
	{"scan/of nothing", scanNothing},
	{"scan/in the order of the last change", scanOrder},
	{"scan/shows what the value says", scanSummary},
	{"scan/page by page", scanPages},
	{"scan/of many", scanMany},
	{"scan/stops when told", scanStops},
	{"scan/shows instances only", scanInstancesOnly},
	{"scan/odd instance ids", scanOdd},
}

var purgePromises = []promise[*clientFixture]{
	{"purge/removes the value", purgeValue},
	{"purge/of another revision conflicts", purgeConflicts},
	{"purge/of many at once one wins", purgeRace},
	{"purge/what it leaves behind is expected by the next", purgeTombstone},
	{"purge/removes the segments", purgeSegments},
	{"purge/removes the timers", purgeTimers},
}

// scan returns all that is visited from cursor on.
func (t *clientFixture) scan(cursor uint64) []history.Summary {
	t.Helper()
	var all []history.Summary
	require.NoError(t, t.hub.Scan(t.ctx, cursor, func(s history.Summary) bool {
		all = append(all, s)
		return true
	}))
	return all
}

func ids(all []history.Summary) []string {
	names := []string{}
	for _, s := range all {
		names = append(names, s.Instance)
	}
	return names
}

func scanNothing(t *clientFixture) {
	require.Empty(t, t.scan(0))
	require.Empty(t, t.scan(1000))
}

func scanOrder(t *clientFixture) {
	revisions := map[string]uint64{}
	for _, id := range []string{"c", "a", "d", "b"} {
		revisions[id] = t.create(id, sample("e"))
	}
	require.Equal(t, []string{"c", "a", "d", "b"}, ids(t.scan(0)))
	revisions["a"] = t.commit("a", sample("e2"), revisions["a"])
	all := t.scan(0)
	require.Equal(t, []string{"c", "d", "b", "a"}, ids(all))
	for _, s := range all {
		require.Equal(t, revisions[s.Instance], s.Revision)
	}
	require.Equal(t, []string{"d", "b", "a"}, ids(t.scan(revisions["d"])), "at the cursor")
	require.Equal(t, []string{"b", "a"}, ids(t.scan(revisions["d"]+1)), "after it")
	require.Empty(t, t.scan(revisions["a"]+1))
}

func scanSummary(t *clientFixture) {
	v := sample("e")
	v.Name, v.Status, v.Tags = "Größe ✓", history.Suspended, oddTags
	v.Blocked = " no such\ncode: Größe " + strings.Repeat("x", 500)
	before := time.Now().Add(-time.Minute)
	revision := t.create("i", v)
	all := t.scan(0)
	require.Len(t, all, 1)
	s := all[0]
	require.WithinRange(t, s.Updated, before, time.Now().Add(time.Minute))
	require.True(t, s.Created.Equal(v.Created), "created %v, not %v", s.Created, v.Created)
	s.Created, s.Updated = time.Time{}, time.Time{}
	require.Equal(t, history.Summary{Instance: "i", Name: "Größe ✓", Status: history.Suspended, Tags: oddTags, Revision: revision, Blocked: v.WhyBlocked()}, s)
	require.True(t, strings.HasPrefix(s.Blocked, "no such code: Größe xxx"), s.Blocked)
	require.LessOrEqual(t, len(s.Blocked), 200)

	t.commit("i", ended("e"), revision)
	all = t.scan(0)
	require.Len(t, all, 1)
	require.Equal(t, history.Completed, all[0].Status)
	require.Equal(t, "Budget", all[0].Name)
	require.Empty(t, all[0].Tags)
}

func scanPages(t *clientFixture) {
	const total, page = 57, 10
	var want []string
	for n := range total {
		id := fmt.Sprintf("i%d", n)
		t.create(id, sample("e"))
		want = append(want, id)
	}
	got := []string{}
	var cursor uint64
	for {
		visited := 0
		require.NoError(t, t.hub.Scan(t.ctx, cursor, func(s history.Summary) bool {
			got = append(got, s.Instance)
			cursor = s.Revision + 1
			visited++
			return visited < page
		}))
		if visited < page {
			break
		}
	}
	require.Equal(t, want, got)
}

// scanMany lists more than a hub is likely to read at a time, of which some have changed.
func scanMany(t *clientFixture) {
	const total = 1500
	want := make([]string, 0, total)
	for n := range total {
		id := fmt.Sprintf("i%d", n)
		revision := t.create(id, sample("e"))
		if n%7 == 0 {
			require.NoError(t, t.hub.WriteSegment(t.ctx, id, "s1", []byte("sealed")))
			t.commit(id, sample("e2"), revision)
		}
		want = append(want, id)
	}
	require.Equal(t, want, ids(t.scan(0)))
}

func scanStops(t *clientFixture) {
	for n := range 10 {
		t.create(fmt.Sprintf("i%d", n), sample("e"))
	}
	visited := 0
	require.NoError(t, t.hub.Scan(t.ctx, 0, func(history.Summary) bool {
		visited++
		return visited < 3
	}))
	require.Equal(t, 3, visited)
}

func scanInstancesOnly(t *clientFixture) {
	revision := t.create("purged", ended("e"))
	t.create("i", sample("e"))
	require.NoError(t, t.hub.WriteSegment(t.ctx, "i", "s1", []byte("sealed")))
	require.NoError(t, t.hub.WriteSegment(t.ctx, "without value", "s1", []byte("sealed")))
	require.NoError(t, t.hub.Purge(t.ctx, "purged", revision))
	t.raise("message only", "e")
	require.Equal(t, []string{"i"}, ids(t.scan(0)))
}

func scanOdd(t *clientFixture) {
	for _, id := range oddIDs {
		t.create(id, sample("e"))
	}
	require.Equal(t, oddIDs, ids(t.scan(0)))
}

func purgeValue(t *clientFixture) {
	revision := t.create("i", ended("e"))
	other := t.create("j", ended("e"))
	require.NoError(t, t.hub.Purge(t.ctx, "i", revision))
	v, _ := t.latest("i")
	require.Nil(t, v)
	t.requireStored("j", ended("e"), other)
}

func purgeConflicts(t *clientFixture) {
	first := t.create("i", sample("e1"))
	second := t.commit("i", ended("e1"), first)
	for _, wrong := range []uint64{0, first, second + 100} {
		require.ErrorIs(t, t.hub.Purge(t.ctx, "i", wrong), hub.ErrConflict, "revision %d", wrong)
	}
	t.requireStored("i", ended("e1"), second)
	require.NoError(t, t.hub.Purge(t.ctx, "i", second))
	require.ErrorIs(t, t.hub.Purge(t.ctx, "i", second), hub.ErrConflict, "purged already")
}

func purgeRace(t *clientFixture) {
	revision := t.create("i", ended("e"))
	requireOneWinner(t.fixture, race(16, func(int) (struct{}, error) {
		return struct{}{}, t.hub.Purge(t.ctx, "i", revision)
	}))
}

func purgeTombstone(t *clientFixture) {
	revision := t.create("i", ended("e1"))
	require.NoError(t, t.hub.Purge(t.ctx, "i", revision))
	v, tombstone := t.latest("i")
	require.Nil(t, v)
	require.Greater(t, tombstone, revision)
	for _, wrong := range []uint64{0, revision} {
		_, err := t.hub.Commit(t.ctx, "i", sample("e2"), wrong)
		require.ErrorIs(t, err, hub.ErrConflict, "expected revision %d", wrong)
	}
	t.requireStored("i", sample("e2"), t.commit("i", sample("e2"), tombstone))
	require.Equal(t, []string{"i"}, ids(t.scan(0)))
}

func purgeSegments(t *clientFixture) {
	revision := t.create("i", ended("e"))
	t.writeSegment("i", "1", "one")
	t.writeSegment("i", "2", "two")
	t.writeSegment("j", "1", "of j")
	require.NoError(t, t.hub.Purge(t.ctx, "i", revision))
	t.requireNoSegment("i", "1")
	t.requireNoSegment("i", "2")
	t.requireSegments("j", []string{"1"}, "of j")
}

func purgeTimers(t *clientFixture) {
	b := t.openAll(nil)
	revision := t.create("i", ended("e"))
	at := time.Now().Add(time.Second)
	t.do(set("i", "e", 1, at), set("i", "e0", 1, at), set("i", "e", 2, at), set("j", "e", 1, at))
	require.NoError(t, t.hub.Purge(t.ctx, "i", revision))
	all := b.awaitLate(t.fixture, at)
	require.Empty(t, of("i", all))
	require.Equal(t, 1, count(fired("j", "e", 1), all))
}
