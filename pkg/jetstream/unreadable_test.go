package jetstream_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// A value that cannot be read says all the same what stands beside it, and is in
// lists: also where somebody has stored it who knows no headers.
func TestUnreadableValuesAreKnownByTheirHeaders(t *testing.T) {
	t.Parallel()
	_, nc, hub := natstest.New(t)
	v := sampleValue()
	_, err := hub.Commit(t.Context(), "whole", v, 0)
	require.NoError(t, err)
	stream := mustStream(t, nc, "KV_default")
	stored, err := stream.GetLastMsgForSubject(t.Context(), "$KV.default.whole")
	require.NoError(t, err)
	header := nats.Header{}
	for key, values := range stored.Header {
		if strings.HasPrefix(key, "Dormouse-") {
			header[key] = values
		}
	}
	for _, m := range []*nats.Msg{
		{Subject: "$KV.default.headed", Header: header, Data: []byte("?")},
		{Subject: "$KV.default.bare", Data: []byte("?")},
	} {
		_, err := mustJetStream(t, nc).PublishMsg(t.Context(), m)
		require.NoError(t, err)
	}

	want := history.Summary{Instance: "headed", Name: v.Name, Status: v.Status, Tags: v.Tags, Created: v.Created}
	for instance, want := range map[string]history.Summary{"headed": want, "bare": {Instance: "bare"}} {
		for _, load := range []func() (*record.InstanceRecord, uint64, error){
			func() (*record.InstanceRecord, uint64, error) { return hub.Load(t.Context(), instance) },
			func() (*record.InstanceRecord, uint64, error) { return hub.LoadLatest(t.Context(), instance) },
		} {
			got, _, err := load()
			require.Nil(t, got)
			require.ErrorIs(t, err, record.ErrCorrupt)
			var unreadable *record.UnreadableError
			require.ErrorAs(t, err, &unreadable)
			require.NotZero(t, unreadable.Revision)
			requireSummary(t, want, unreadable.Summary)
		}
	}
	var listed []string
	require.NoError(t, hub.Scan(t.Context(), 0, func(s history.Summary) bool {
		listed = append(listed, s.Instance+" "+s.Status.String())
		return true
	}))
	require.Equal(t, []string{"whole Running", "headed Running", "bare Unknown"}, listed)
}

func requireSummary(t *testing.T, want, got history.Summary) {
	t.Helper()
	want.Updated, want.Revision = got.Updated, got.Revision
	require.Equal(t, want, got)
}

func sampleValue() *record.InstanceRecord {
	now := time.Now().UTC().Round(0)
	return &record.InstanceRecord{
		Name: "O", Execution: "e", Status: history.Running, Created: now, Updated: now, Tags: history.Tags{"team": "red"},
	}
}

func mustStream(t *testing.T, nc *nats.Conn, name string) js.Stream {
	t.Helper()
	stream, err := mustJetStream(t, nc).Stream(t.Context(), name)
	require.NoError(t, err)
	return stream
}

// A message that was stored when the server took more is handed out, however little it takes now.
func TestLoweredMaxPayloadMakesNoDeadLetters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	options := func(most int32) *server.Options {
		return &server.Options{DontListen: true, JetStream: true, StoreDir: dir, MaxPayload: most}
	}
	before := natstest.StartWith(t, options(1<<20))
	h := natstest.Open(t, natstest.Connect(t, before))
	large := []byte(`"` + strings.Repeat("x", h.MaxPayload()-2) + `"`)
	_, err := h.Post(t.Context(), hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "e", Data: large})
	require.NoError(t, err)
	_, err = h.SendToQueue(t.Context(), hub.QueueMessage{Queue: "q", Data: large})
	require.NoError(t, err)
	before.Shutdown()
	before.WaitForShutdown()

	after := natstest.StartWith(t, options(64<<10))
	h = natstest.Open(t, natstest.Connect(t, after))
	require.Less(t, h.MaxValue(), len(large))
	got := make(chan []byte, 2)
	for partition := range h.Partitions() {
		session, err := h.Open(t.Context(), partition, func(d hub.Delivery) { got <- d.Data })
		require.NoError(t, err)
		t.Cleanup(session.Stop)
	}
	session, err := h.Consume(t.Context(), "q", 1, func(d hub.QueueDelivery) { got <- d.Data })
	require.NoError(t, err)
	t.Cleanup(session.Stop)
	for range 2 {
		select {
		case data := <-got:
			require.Equal(t, large, data)
		case <-time.After(10 * time.Second):
			t.Fatal("what was accepted is not handed out")
		}
	}
}

// Whatever the server takes, there are as many bytes of the body as fit beside the headers.
func TestSmallMaxPayloadCutsDeadLettersToFit(t *testing.T) {
	t.Parallel()
	for _, most := range []int32{1 << 10, 8 << 10, 12 << 10, 16 << 10, 64 << 10} {
		s := natstest.StartWith(t, &server.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir(), MaxPayload: most})
		nc := natstest.Connect(t, s)
		hub, err := jetstream.OpenBlind(nc, jetstream.Config{})
		require.NoError(t, err)
		m := &nats.Msg{Subject: "default.control.1.i.raise.e", Data: make([]byte, most), Header: nats.Header{
			"Dormouse-Execution": {strings.Repeat("e", 5000)}, "Dormouse-Tags": {strings.Repeat("t", 5000)},
		}}
		letter := jetstream.DeadLetter(hub, m, strings.Repeat("r", 5000))
		require.NotEmpty(t, letter.Header.Get("Dormouse-Truncated"))
		if most >= 16<<10 {
			require.NotEmpty(t, letter.Data)
			require.NoError(t, nc.PublishMsg(letter), "max_payload %d", most)
		}
	}
}

func TestSmallMaxPayloadIsRefused(t *testing.T) {
	t.Parallel()
	for most, want := range map[int32]error{
		jetstream.MinMessage - 1: jetstream.ErrSmallMessages, 8 << 10: jetstream.ErrSmallMessages, jetstream.MinMessage: nil,
	} {
		s := natstest.StartWith(t, &server.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir(), MaxPayload: most})
		nc := natstest.Connect(t, s)
		_, err := jetstream.Open(t.Context(), nc, jetstream.Config{})
		require.ErrorIs(t, err, want)
		_, err = jetstream.OpenExisting(t.Context(), nc, jetstream.Config{})
		require.ErrorIs(t, err, want)
	}
}
