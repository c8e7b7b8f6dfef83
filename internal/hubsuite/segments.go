package hubsuite

import (
	"bytes"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

var segmentPromises = []promise[*fixture]{
	{"segments/are read in the order asked for", segmentsInOrder},
	{"segments/a missing one is not found", segmentMissing},
	{"segments/writing again is harmless", segmentWrittenAgain},
	{"segments/marks and progress are replaced", segmentReplaced},
	{"segments/belong to their instance", segmentsOfInstance},
	{"segments/dropped ones are gone", segmentsDropped},
	{"segments/can be as large as the hub says", segmentMaxValue},
	{"segments/leave values alone", segmentsLeaveValues},
}

func (t *fixture) writeSegment(instance, key, data string) {
	t.Helper()
	require.NoError(t, t.hub.WriteSegment(t.ctx, instance, key, []byte(data)))
}

func (t *fixture) requireSegments(instance string, keys []string, want ...string) {
	t.Helper()
	got, err := t.hub.ReadSegments(t.ctx, instance, keys)
	require.NoError(t, err)
	texts := []string{}
	for _, data := range got {
		texts = append(texts, string(data))
	}
	require.Equal(t, append([]string{}, want...), texts)
}

func (t *fixture) requireNoSegment(instance string, keys ...string) {
	t.Helper()
	_, err := t.hub.ReadSegments(t.ctx, instance, keys)
	require.ErrorIs(t, err, hub.ErrNotFound)
}

func segmentsInOrder(t *fixture) {
	t.writeSegment("i", "1", "one")
	t.writeSegment("i", "2", "two")
	t.writeSegment("i", "10", "ten")
	t.requireSegments("i", []string{"10", "1", "2"}, "ten", "one", "two")
	t.requireSegments("i", nil)
}

func segmentMissing(t *fixture) {
	t.requireNoSegment("i", "1")
	t.writeSegment("i", "1", "one")
	t.requireNoSegment("i", "1", "2")
}

func segmentReplaced(t *fixture) {
	a := &hub.Activity{Execution: "e-1", Task: 7}
	for _, key := range []string{record.ActivityMark(a.Execution, a.Task), record.HeartbeatKey(a.Execution, a.FirstTask())} {
		t.writeSegment("i", key, `{"runs":1}`)
		t.writeSegment("i", key, `{"runs":2}`)
		t.requireSegments("i", []string{key}, `{"runs":2}`)
	}
}

func segmentWrittenAgain(t *fixture) {
	t.writeSegment("i", "1", "one")
	t.writeSegment("i", "1", "one")
	t.requireSegments("i", []string{"1"}, "one")
}

func segmentsOfInstance(t *fixture) {
	t.writeSegment("a", "1", "of a")
	t.writeSegment("b", "1", "of b")
	t.writeSegment("a.1", "1", "of a.1")
	t.requireSegments("a", []string{"1"}, "of a")
	t.requireSegments("b", []string{"1"}, "of b")
	require.NoError(t, t.hub.DropSegments(t.ctx, "a", []string{"1"}))
	t.requireNoSegment("a", "1")
	t.requireSegments("b", []string{"1"}, "of b")
	t.requireSegments("a.1", []string{"1"}, "of a.1")
}

func segmentsDropped(t *fixture) {
	t.writeSegment("i", "1", "one")
	t.writeSegment("i", "2", "two")
	t.writeSegment("i", "3", "three")
	require.NoError(t, t.hub.DropSegments(t.ctx, "i", []string{"1", "3", "no such"}))
	t.requireNoSegment("i", "1")
	t.requireNoSegment("i", "3")
	t.requireSegments("i", []string{"2"}, "two")
	require.NoError(t, t.hub.DropSegments(t.ctx, "i", []string{"1"}), "dropping again is harmless")
	require.NoError(t, t.hub.DropSegments(t.ctx, "i", nil))
}

func segmentMaxValue(t *fixture) {
	data := bytes.Repeat([]byte("0123456789abcdef"), t.hub.MaxValue()/16+1)[:t.hub.MaxValue()]
	require.NoError(t, t.hub.WriteSegment(t.ctx, "i", "big", data))
	got, err := t.hub.ReadSegments(t.ctx, "i", []string{"big"})
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got[0]), "a segment of %d bytes was changed", len(data))
}

func segmentsLeaveValues(t *fixture) {
	v := sample("e1")
	revision := t.create("i", v)
	t.writeSegment("i", "1", "one")
	t.requireStored("i", v, revision)
	revision = t.commit("i", v, revision)
	require.NoError(t, t.hub.DropSegments(t.ctx, "i", []string{"1"}))
	t.requireStored("i", v, revision)

	t.writeSegment("without value", "1", "one")
	got, at := t.latest("without value")
	require.Nil(t, got)
	require.Zero(t, at)
}
