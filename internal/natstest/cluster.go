package natstest

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
)

// StartCluster starts a cluster of three servers; they end with the test. It returns once
// they have elected a leader.
func StartCluster(t testing.TB) []*server.Server {
	t.Helper()
	const size = 3
	var routes []*url.URL
	for range size {
		routes = append(routes, &url.URL{Scheme: "nats", Host: FreeAddress(t)})
	}
	var servers []*server.Server
	for i, route := range routes {
		address, err := net.ResolveTCPAddr("tcp", route.Host)
		require.NoError(t, err)
		servers = append(servers, start(t, &server.Options{
			ServerName: fmt.Sprintf("s%d", i), Host: "127.0.0.1", Port: server.RANDOM_PORT,
			JetStream: true, StoreDir: t.TempDir(), Routes: routes,
			Cluster: server.ClusterOpts{Name: "c", Host: "127.0.0.1", Port: address.Port},
		}))
	}
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(servers, func(s *server.Server) bool {
			return s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == size
		})
	}, 30*time.Second, 20*time.Millisecond, "the cluster has no leader")
	return servers
}

// FreeAddress returns an address of this machine where nobody listens.
func FreeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}
