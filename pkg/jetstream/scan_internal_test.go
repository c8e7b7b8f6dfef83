package jetstream

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Where a replica has no more, the leader may: it is asked for what comes next.
func TestScanAsksTheLeaderForWhatAReplicaDoesNotHaveYet(t *testing.T) {
	t.Parallel()
	h := openEmbedded(t)
	for _, id := range []string{"a", "b"} {
		commitNew(t, h, id)
	}
	r, err := newPager(h.connection, h.codec.Names.Streams.Values, h.codec.Names.Values.All())
	require.NoError(t, err)
	defer r.close()
	whole, err := r.read(t.Context(), 1)
	require.NoError(t, err)
	require.True(t, whole.isLast)
	require.Len(t, whole.messages, 2)

	behind := page{messages: whole.messages[:1:1], isLast: true} // as a replica answers that has only the first
	added, err := h.addNewest(t.Context(), behind, 1)
	require.NoError(t, err)
	require.False(t, added.isLast, "there may be more")
	require.Equal(t, []uint64{1, 2}, []uint64{added.messages[0].Sequence, added.messages[1].Sequence})
	whole, err = h.addNewest(t.Context(), whole, 1)
	require.NoError(t, err)
	require.True(t, whole.isLast)
	require.Len(t, whole.messages, 2)
}
