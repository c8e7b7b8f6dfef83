package jetstream_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// limitStream gives a stream a limit of bytes, as it can be given by hand.
func limitStream(t *testing.T, client js.JetStream, name string, most int64, discard js.DiscardPolicy) {
	t.Helper()
	s, err := client.Stream(t.Context(), name)
	require.NoError(t, err)
	config := s.CachedInfo().Config
	config.MaxBytes, config.Discard = most, discard
	_, err = client.UpdateStream(t.Context(), config)
	require.NoError(t, err)
}

func messages(t *testing.T, client js.JetStream, name string) int {
	t.Helper()
	s, err := client.Stream(t.Context(), name)
	require.NoError(t, err)
	info, err := s.Info(t.Context())
	require.NoError(t, err)
	return int(info.State.Msgs)
}

// A hub of an older version that was given limits dropped the oldest of what it had
// acknowledged. Since it was opened by this one it refuses what does not fit.
func TestFullStreamsRefuseAndDropNothing(t *testing.T) {
	t.Parallel()
	_, nc, _ := natstest.New(t)
	client := mustJetStream(t, nc)
	for _, name := range []string{"default-control", "default-activity", "default-queue", "default-timer"} {
		limitStream(t, client, name, 300<<10, js.DiscardOld)
	}
	h := natstest.Open(t, nc)
	for stream, store := range map[string]func(i int) error{
		"default-control": func(i int) error {
			m := raise(fmt.Sprintf("i%d", i), "E")
			m.Data = []byte(fmt.Sprintf("%0200d", i))
			_, err := h.Post(t.Context(), m)
			return err
		},
		"default-activity": func(i int) error {
			c := run(int64(i + 1))
			c.Run.Input = []byte(fmt.Sprintf("%0200d", i))
			return h.Send(t.Context(), []hub.Command{c})
		},
		"default-queue": func(i int) error {
			_, err := h.SendToQueue(t.Context(), hub.QueueMessage{Queue: "q", Data: []byte(fmt.Sprintf("%0200d", i))})
			return err
		},
		"default-timer": func(i int) error {
			timer := &hub.Timer{Instance: fmt.Sprintf("i%d", i), Execution: "e", Task: 1, At: time.Now().Add(time.Hour)}
			return h.Send(t.Context(), []hub.Command{{Set: timer}})
		},
	} {
		acknowledged, refused := 0, 0
		for i := range 2000 {
			err := store(i)
			if err == nil {
				acknowledged++
				continue
			}
			require.ErrorIs(t, err, jetstream.ErrStorage, stream)
			refused++
		}
		require.NotZero(t, acknowledged, stream)
		require.NotZero(t, refused, stream)
		require.Equal(t, acknowledged, messages(t, client, stream), "%s: each that was acknowledged is there", stream)
	}
}

// Whatever else makes a stream drop what it has acknowledged is taken back.
func TestStreamsThatForgetAreMended(t *testing.T) {
	t.Parallel()
	_, nc, _ := natstest.New(t)
	client := mustJetStream(t, nc)
	for _, name := range []string{"default-control", "default-activity", "default-queue", "default-timer", "KV_default"} {
		s, err := client.Stream(t.Context(), name)
		require.NoError(t, err)
		config := s.CachedInfo().Config
		config.MaxAge, config.MaxMsgsPerSubject = time.Hour, 1
		_, err = client.UpdateStream(t.Context(), config)
		require.NoError(t, err)
		_, err = jetstream.Open(t.Context(), nc, jetstream.Config{})
		require.NoError(t, err)
		s, err = client.Stream(t.Context(), name)
		require.NoError(t, err)
		config = s.CachedInfo().Config
		require.Zero(t, config.MaxAge, name)
		require.Equal(t, name == "KV_default", config.MaxMsgsPerSubject == 1, name)
	}
}

// A login that may not change streams opens a hub that needs no change, and one that needs
// none urgently; where messages would be dropped it says so.
func TestHubThatCannotBeMended(t *testing.T) {
	t.Parallel()
	s := natstest.StartWith(t, &server.Options{
		DontListen: true, JetStream: true, StoreDir: t.TempDir(),
		Users: []*server.User{{Username: "all", Password: "x"}, {Username: "some", Password: "x", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Deny: []string{"$JS.API.STREAM.UPDATE.>", "$JS.API.INFO"}},
		}}},
	})
	all, some := loginAs(t, s, "all"), loginAs(t, s, "some")
	natstest.Open(t, all)
	_, err := jetstream.Open(t.Context(), some, jetstream.Config{})
	require.NoError(t, err)
	limitStream(t, mustJetStream(t, all), "default-control", 1<<20, js.DiscardOld)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = jetstream.Open(ctx, some, jetstream.Config{})
	require.ErrorContains(t, err, "stream default-control must be changed (discard DiscardNew)")
	natstest.Open(t, all)
	_, err = jetstream.Open(t.Context(), some, jetstream.Config{})
	require.NoError(t, err)
}

// A client is not let in where its messages could be dropped again, until
// a worker has mended the hub.
func TestHubThatDropsIsNotOpenedByClients(t *testing.T) {
	t.Parallel()
	_, nc, _ := natstest.New(t)
	client := mustJetStream(t, nc)
	natstest.Open(t, nc)
	for _, name := range []string{"default-control", "KV_default"} {
		limitStream(t, client, name, 1<<20, js.DiscardOld)
		_, err := jetstream.OpenExisting(t.Context(), nc, jetstream.Config{})
		require.ErrorIs(t, err, jetstream.ErrOutdated)
		require.ErrorContains(t, err, "stream "+name+" may drop what it has acknowledged")
		natstest.Open(t, nc)
		_, err = jetstream.OpenExisting(t.Context(), nc, jetstream.Config{})
		require.NoError(t, err)
	}
	limitStream(t, client, "default-control", -1, js.DiscardOld)
	_, err := jetstream.OpenExisting(t.Context(), nc, jetstream.Config{})
	require.NoError(t, err, "without a limit nothing is dropped")
}

// The limits of the account are found out as a whole, before anything is made or served.
func TestAccountThatAllowsTooLittle(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		set    func(*server.JetStreamAccountLimits)
		config jetstream.Config
		want   string
	}{
		"consumers": {
			func(l *server.JetStreamAccountLimits) { l.MaxConsumers = 6 }, jetstream.Config{},
			"it allows 6 consumers a stream, and each of the hub's 16 partitions needs one",
		},
		"streams": {
			func(l *server.JetStreamAccountLimits) { l.MaxStreams = 5 }, jetstream.Config{},
			"it allows 5 streams and has 0, and the hub needs 7 more",
		},
		"storage": {
			func(l *server.JetStreamAccountLimits) { l.MaxStore = 100 << 20 }, jetstream.Config{MaxBytes: 200 << 20},
			"it allows 104857600 bytes on files, of which 0 are reserved, and the hub needs 209715200",
		},
		"bytes of a stream": {
			func(l *server.JetStreamAccountLimits) { l.StoreMaxStreamBytes = 10 << 20 }, jetstream.Config{MaxBytes: 64 << 20},
			"it allows 10485760 bytes a stream, and the largest of the hub needs 33554432",
		},
		"a limit that is required": {
			func(l *server.JetStreamAccountLimits) { l.MaxBytesRequired = true }, jetstream.Config{},
			"its streams must have a limit of bytes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := natstest.Start(t)
			limitAccount(t, s, tt.set)
			_, err := jetstream.Open(t.Context(), natstest.Connect(t, s), tt.config)
			require.ErrorIs(t, err, jetstream.ErrAccount)
			require.ErrorContains(t, err, tt.want)
			info, err := s.Jsz(nil)
			require.NoError(t, err)
			require.Zero(t, info.Streams, "nothing was made")
		})
	}
}

// A hub can be made in an account whose streams must have limits.
func TestHubWithALimit(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	limitAccount(t, s, func(l *server.JetStreamAccountLimits) {
		l.MaxBytesRequired, l.MaxStreams, l.MaxConsumers, l.MaxStore = true, 7, 16, 64<<20
	})
	nc := natstest.Connect(t, s)
	for range 2 {
		_, err := jetstream.Open(t.Context(), nc, jetstream.Config{MaxBytes: jetstream.MinBytes})
		require.NoError(t, err)
	}
	_, err := jetstream.Open(t.Context(), nc, jetstream.Config{})
	require.NoError(t, err, "it is there already")
	_, err = jetstream.Open(t.Context(), nc, jetstream.Config{Name: "x", MaxBytes: 1})
	require.Error(t, err)
}

// A worker with more activities than the account allows consumers does not begin to serve.
func TestWorkerWithTooManyActivities(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	limitAccount(t, s, func(l *server.JetStreamAccountLimits) { l.MaxConsumers = 16 })
	h := natstest.Open(t, natstest.Connect(t, s))
	names := func(n int) []string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("Act %d", i))
		}
		return all
	}
	require.NoError(t, h.Prepare(t.Context(), names(16), names(16)))
	work, err := h.Work(t.Context(), "Act 1", 1, func(hub.ActivityDelivery) {})
	require.NoError(t, err)
	defer work.Stop()
	require.NoError(t, h.Prepare(t.Context(), names(16), nil), "one of them is there")
	other, err := h.Work(t.Context(), "Other", 1, func(hub.ActivityDelivery) {})
	require.NoError(t, err)
	defer other.Stop()
	err = h.Prepare(t.Context(), names(16), nil)
	require.ErrorIs(t, err, jetstream.ErrAccount)
	require.ErrorContains(t, err, "it allows 16 consumers on stream default-activity, which has 2, and with those for the 16 activities of this worker it would have 17")
	require.ErrorIs(t, h.Prepare(t.Context(), nil, names(17)), jetstream.ErrAccount)
}
