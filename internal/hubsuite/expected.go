package hubsuite

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var expectedPromises = []promise[*clientFixture]{
	{"expected/is stored, and no instance", expectedIsNone},
	{"expected/goes when the time of its last event is up", expectedGoes},
	{"expected/an instance that takes its place stays", expectedBecomes},
	{"expected/can be claimed", expectedClaimed},
	{"retention/for ever at first", retentionAtFirst},
	{"retention/is kept", retentionKept},
	{"ids/are used again unless the hub is told not to", idsKept},
}

// expected returns a record that keeps events until each of the times.
func expected(until ...time.Time) *record.InstanceRecord {
	v := &record.InstanceRecord{Status: history.Expected, Created: sampleTime}
	for _, at := range until {
		v.Kept = append(v.Kept, record.Raised("E", "", []byte("1")).KeepUntil(at).On(sampleTime))
	}
	return v
}

func expectedIsNone(t *clientFixture) {
	t.create("i", sample("e"))
	v := expected(time.Now().Add(time.Hour), time.Now().Add(time.Minute))
	t.requireStored("expected", v, t.create("expected", v))
	require.Equal(t, []string{"i"}, ids(t.scan(0)))
	far := expected(time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC))
	t.requireStored("far", far, t.create("far", far))
}

func expectedGoes(t *clientFixture) {
	began := time.Now()
	last := began.Add(2500 * time.Millisecond)
	v := expected(began.Add(time.Second), last, began)
	revision := t.create("i", v)
	t.create("past", expected(began.Add(-time.Hour)))
	t.create("none", expected())
	require.Eventually(t, func() bool {
		v, _ := t.latest("i")
		return v == nil
	}, patience, 20*time.Millisecond, "it is kept for ever")
	require.False(t, time.Now().Before(last), "it went before its time")
	_, at := t.latest("i")
	_, err := t.hub.Commit(t.ctx, "i", v, revision)
	if at != revision {
		require.ErrorIs(t, err, hub.ErrConflict)
	}
	_, at = t.latest("i")
	t.requireStored("i", sample("e"), t.commit("i", sample("e"), at))
	for _, id := range []string{"past", "none"} {
		v, _ := t.latest(id)
		require.Nil(t, v)
	}
}

func expectedBecomes(t *clientFixture) {
	began := time.Now()
	first := t.create("i", expected(began))
	second := t.commit("i", sample("e"), first)
	t.create("other", expected(began.Add(2*time.Second)))
	require.Eventually(t, func() bool {
		v, _ := t.latest("other")
		return v == nil
	}, patience, 20*time.Millisecond)
	t.requireStored("i", sample("e"), second)
}

func expectedClaimed(t *clientFixture) {
	revision := t.create("i", expected(time.Now().Add(time.Hour)))
	require.ErrorIs(t, t.start("i", "e0", 0), hub.ErrConflict)
	require.NoError(t, t.start("i", "e1", revision))
	v, _ := t.latest("i")
	require.Equal(t, "e1", v.Execution)
}

func (t *clientFixture) retention() time.Duration {
	t.Helper()
	d, err := t.hub.Retention(t.ctx)
	require.NoError(t, err)
	return d
}

func retentionAtFirst(t *clientFixture) { require.Zero(t, t.retention()) }

func idsKept(t *clientFixture) {
	keeps := func() bool {
		keeps, err := t.hub.KeepsIDs(t.ctx)
		require.NoError(t, err)
		return keeps
	}
	require.False(t, keeps())
	for _, want := range []bool{true, true, false, true} {
		require.NoError(t, t.hub.SetKeepsIDs(t.ctx, want))
		require.Equal(t, want, keeps())
	}
	require.Empty(t, t.scan(0), "a setting is no instance")
	require.Zero(t, t.retention())
}

func retentionKept(t *clientFixture) {
	for _, d := range []time.Duration{time.Hour, 90*24*time.Hour + time.Nanosecond, 0, time.Second} {
		require.NoError(t, t.hub.SetRetention(t.ctx, d))
		require.Equal(t, d, t.retention())
	}
	require.Error(t, t.hub.SetRetention(t.ctx, -time.Second))
	require.Equal(t, time.Second, t.retention())
	t.create("i", sample("e"))
	require.Equal(t, []string{"i"}, ids(t.scan(0)))
	names, err := t.hub.Registered(t.ctx)
	require.NoError(t, err)
	require.Empty(t, names)
}
