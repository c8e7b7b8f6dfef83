package integration

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// leaseTTL is how long the leases of testworkers last. A worker that is killed is missed
// soon; the race detector makes live ones too slow for that.
func leaseTTL() string {
	if testenv.Race {
		return "5s"
	}
	return "2s"
}

// launchTestworker starts a testworker of that name.
func launchTestworker(t testing.TB, url, id string, flags ...string) *process {
	t.Helper()
	flags = append([]string{"--nats-url", url, "--id", id, "--lease-ttl", leaseTTL()}, flags...)
	return launch(t, program("testworker"), nil, flags...)
}

// openHub opens the hub by a connection of the test's own.
func openHub(t testing.TB, url string) *jetstream.Hub {
	t.Helper()
	connection, err := jetstream.Connect(jetstream.ConnectConfig{URL: url, Name: "test"})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	var hub *jetstream.Hub
	require.Eventually(t, func() bool {
		hub, err = jetstream.OpenExisting(t.Context(), connection, jetstream.Config{})
		return err == nil
	}, patience, 20*time.Millisecond, "a worker must have made the hub")
	return hub
}

// leases shows who holds what in the fleet.
type leases struct {
	testing.TB
	states <-chan map[string]string
}

func watchLeases(t testing.TB, url string) *leases {
	t.Helper()
	states, err := openHub(t, url).WatchLeases(t.Context())
	require.NoError(t, err)
	return &leases{t, states}
}

// until waits until the leases are as they should be, and returns them.
func (l *leases) until(ready func(held map[string]string) bool) map[string]string {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), patience)
	defer cancel()
	var held map[string]string
	for {
		select {
		case held = <-l.states:
			if ready(held) {
				return held
			}
		case <-ctx.Done():
			l.Fatalf("leases are still %v", held)
			return nil
		}
	}
}

// partitions returns which partitions each worker holds.
func partitions(held map[string]string) map[string][]string {
	shares := map[string][]string{}
	for lease, holder := range held {
		if partition, ok := strings.CutPrefix(lease, "partition."); ok {
			shares[holder] = append(shares[holder], partition)
		}
	}
	return shares
}
