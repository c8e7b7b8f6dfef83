package jetstream_test

import (
	"net"
	"net/url"
	"strconv"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// A saved context says which JetStream is meant. Here it is that of another server, behind
// the one to connect to, which has one of its own.
func TestContextNamesTheJetStream(t *testing.T) {
	t.Parallel()
	address := natstest.FreeAddress(t)
	host, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	far := natstest.StartWith(t, &server.Options{
		ServerName: "far", Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, JetStreamDomain: "far", StoreDir: t.TempDir(),
		LeafNode: server.LeafNodeOpts{Host: host, Port: number},
	})
	near := natstest.StartWith(t, &server.Options{
		ServerName: "near", Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, JetStreamDomain: "near", StoreDir: t.TempDir(),
		LeafNode: server.LeafNodeOpts{Remotes: []*server.RemoteLeafOpts{{URLs: []*url.URL{{Scheme: "nats", Host: address}}}}},
	})
	require.Eventually(t, func() bool { return near.NumLeafNodes() == 1 && far.NumLeafNodes() == 1 }, maxWait, soon)
	connect := func(setting string) *nats.Conn {
		file := keep(t, "c.json", []byte(`{"url":"`+near.ClientURL()+`",`+setting+`}`))
		nc, err := jetstream.Connect(jetstream.ConnectConfig{Context: file})
		require.NoError(t, err)
		t.Cleanup(nc.Close)
		return nc
	}
	hub, err := jetstream.Open(t.Context(), connect(`"jetstream_domain":"far"`), jetstream.Config{Partitions: 1})
	require.NoError(t, err)
	streams := func(s *server.Server) int {
		info, err := s.Jsz(nil)
		require.NoError(t, err)
		return info.Streams
	}
	require.Equal(t, 7, streams(far), "all streams of the hub")
	require.Zero(t, streams(near))

	// All that is asked of JetStream goes there: by its library, and by our own requests.
	b := openAll(t, hub)
	seq, err := hub.Post(t.Context(), raise("i", "E"))
	require.NoError(t, err)
	b.await(t, 1)
	require.Equal(t, []uint64{seq}, b.seqs())
	client, err := jetstream.OpenExisting(t.Context(), connect(`"jetstream_api_prefix":"$JS.far.API."`), jetstream.Config{})
	require.NoError(t, err)
	changes, err := client.Watch(t.Context(), "i")
	require.NoError(t, err)
	<-changes
	_, err = hub.Commit(t.Context(), "i", value("e"), 0)
	require.NoError(t, err)
	<-changes
	v, _, err := client.LoadLatest(t.Context(), "i")
	require.NoError(t, err)
	require.NotNil(t, v)
	listed := 0
	require.NoError(t, client.Scan(t.Context(), 0, func(history.Summary) bool { listed++; return true }))
	require.Equal(t, 1, listed)

	_, err = jetstream.OpenExisting(t.Context(), connect(`"jetstream_domain":"nowhere"`), jetstream.Config{})
	require.ErrorIs(t, err, jetstream.ErrNoJetStream)
	require.ErrorContains(t, err, "$JS.nowhere.API.")
	_, err = jetstream.Connect(jetstream.ConnectConfig{Context: keep(t, "c.json", []byte(`{"url":"`+near.ClientURL()+`","jetstream_domain":"a b"}`))})
	require.ErrorIs(t, err, jetstream.ErrConnect)
	require.ErrorContains(t, err, "JetStream domain or API prefix")
}
