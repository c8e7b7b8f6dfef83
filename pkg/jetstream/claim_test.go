package jetstream_test

import (
	"strings"
	"testing"
	"time"

	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// A claim that is taken back, since its message could not be stored, gives back what it
// had taken over: events that are kept for the id, and what is still to be done.
func TestClaimThatIsTakenBackKeepsWhatItTookOver(t *testing.T) {
	t.Parallel()
	_, nc, h := natstest.New(t)
	ctx := t.Context()
	kept := []record.Event{record.Raised("Item", "k", []byte("1")).KeepUntil(time.Now().Add(time.Hour))}
	told := []record.Closed{{Execution: "old", Events: []record.Event{record.ParentTold(record.Parent{Instance: "p", Execution: "px", Task: 1}, nil, nil)}}}
	ended := &record.InstanceRecord{Name: "O", Execution: "old", Status: history.Completed, Kept: kept, Closed: told, Watermark: 1}
	revision, err := h.Commit(ctx, "a", ended, 0)
	require.NoError(t, err)

	client, err := js.New(nc)
	require.NoError(t, err)
	stream, err := client.Stream(ctx, "default-control")
	require.NoError(t, err)
	_, err = h.Post(ctx, hub.Message{Instance: "b", Verb: hub.VerbRaise, Arg: "E"})
	require.NoError(t, err)
	config := stream.CachedInfo().Config
	full := config
	full.MaxMsgSize = 200
	_, err = client.UpdateStream(ctx, full)
	require.NoError(t, err)

	m := hub.Message{Instance: "a", Verb: hub.VerbStart, Arg: "O", Execution: "new", Replaces: revision, Data: []byte(`"` + strings.Repeat("x", 2000) + `"`)}
	claim := &record.InstanceRecord{Name: "O", Execution: "new", Status: history.Pending, Kept: kept, Closed: told, Watermark: 1}
	_, err = h.Start(ctx, m, claim)
	require.Error(t, err, "the control stream refuses it")
	v, _, err := h.LoadLatest(ctx, "a")
	require.NoError(t, err)
	require.NotNil(t, v, "the kept events, and the answer to the parent, are gone")
	require.Equal(t, kept[0].EventID(), v.Kept[0].EventID())
}
