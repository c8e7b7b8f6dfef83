package jetstream_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
)

// stored returns the last message of the instance in the value stream.
func stored(t *testing.T, nc *nats.Conn, instance string) *js.RawStreamMsg {
	t.Helper()
	client, err := js.New(nc)
	require.NoError(t, err)
	stream, err := client.Stream(t.Context(), "KV_default")
	require.NoError(t, err)
	m, err := stream.GetLastMsgForSubject(t.Context(), "$KV.default."+instance)
	require.NoError(t, err)
	return m
}

// A tombstone outlasts a start that was refused because of what it stands for: with
// nothing there the start would be taken for the first of its id.
func TestTombstoneOutlastsARefusedStart(t *testing.T) {
	t.Parallel()
	_, nc, h := natstest.New(t)
	ctx := t.Context()
	for instance, lasts := range map[string]bool{"refused": true, "other": false} {
		revision, err := h.Commit(ctx, instance, value("e"), 0)
		require.NoError(t, err)
		_, err = h.Post(ctx, hub.Message{Instance: instance, Verb: hub.VerbRaise, Arg: "E"})
		require.NoError(t, err)
		if lasts {
			_, err = h.Start(ctx, hub.Message{Instance: instance, Verb: hub.VerbStart, Arg: "O", Execution: "f"}, value("f"))
			require.ErrorIs(t, err, hub.ErrConflict)
		}
		require.NoError(t, h.Purge(ctx, instance, revision))
		tombstone := stored(t, nc, instance)
		require.Equal(t, "PURGE", tombstone.Header.Get("KV-Operation"))
		require.Equal(t, lasts, tombstone.Header.Get(js.MsgTTLHeader) == "", instance)
	}
}
