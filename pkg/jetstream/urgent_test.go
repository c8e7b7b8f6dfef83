package jetstream_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// Leases have a connection of their own, by the same login, which ends with the other.
func TestLeasesHaveAConnectionOfTheirOwn(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]server.Options{
		"no login": {},
		"login":    {Users: []*server.User{{Username: "u", Password: "p"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := options
			options.Host, options.Port, options.JetStream, options.StoreDir = "127.0.0.1", server.RANDOM_PORT, true, t.TempDir()
			s := natstest.StartWith(t, &options)
			nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: "nats://u:p@" + s.Addr().String()})
			require.NoError(t, err)
			defer nc.Close()
			hub := natstest.Open(t, nc)
			require.Equal(t, 1, s.NumClients(), "a client has one connection")
			revision, err := hub.Acquire(t.Context(), "l", "a")
			require.NoError(t, err)
			require.Equal(t, 2, s.NumClients())
			_, err = hub.Renew(t.Context(), "l", "a", revision)
			require.NoError(t, err)
			require.Equal(t, 2, s.NumClients())
			nc.Close()
			require.Eventually(t, func() bool { return s.NumClients() == 0 }, maxWait, soon)
		})
	}
}

func TestLeasesWhereOneConnectionIsAllowed(t *testing.T) {
	t.Parallel()
	s := natstest.StartWith(t, &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), MaxConn: 1,
	})
	nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: s.ClientURL(), Timeout: 5 * time.Second})
	require.NoError(t, err)
	defer nc.Close()
	hub := natstest.Open(t, nc)
	revision, err := hub.Acquire(t.Context(), "l", "a")
	require.NoError(t, err)
	_, err = hub.Renew(t.Context(), "l", "a", revision)
	require.NoError(t, err)
}
