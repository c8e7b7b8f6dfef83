package natstest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// shared is the server of [Main], and hubs counts those that were opened there.
var (
	shared *server.Server
	hubs   atomic.Int64
)

// Main runs the tests of a package that share one server, since starting one takes
// longer than most of them, and returns the exit code. It is called by TestMain.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dormouse-natstest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	options := &server.Options{DontListen: true, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true}
	if shared, err = server.NewServer(options); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	shared.Start()
	defer shared.WaitForShutdown()
	defer shared.Shutdown()
	if !shared.ReadyForConnections(10 * time.Second) {
		fmt.Fprintln(os.Stderr, "NATS server is not ready")
		return 1
	}
	if err := occupy(shared); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// occupy makes a stream that stays. A server that loses its last stream removes the
// directory of all streams, and cannot make another one at that moment.
func occupy(s *server.Server) error {
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return err
	}
	defer nc.Close()
	client, err := js.New(nc)
	if err != nil {
		return err
	}
	_, err = client.CreateStream(context.Background(), js.StreamConfig{Name: "occupied", Subjects: []string{"occupied"}})
	return err
}

// Shared returns the server that [Main] started.
func Shared(t testing.TB) *server.Server {
	t.Helper()
	require.NotNil(t, shared, "TestMain must call natstest.Main")
	return shared
}

// OpenShared opens a hub of the test's own on the shared server, by a connection of
// its own. The hub is removed with the test; the config needs no name.
func OpenShared(t testing.TB, config jetstream.Config) *jetstream.Hub {
	t.Helper()
	if config.Name == "" {
		config.Name = fmt.Sprintf("hub-%d", hubs.Add(1))
		t.Cleanup(func() { remove(t, config.Name) })
	}
	return OpenWith(t, Connect(t, Shared(t)), config)
}

// remove deletes the streams of a hub.
func remove(t testing.TB, hub string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := js.New(Connect(t, Shared(t)))
	require.NoError(t, err)
	for name := range client.StreamNames(ctx).Name() {
		if name == "KV_"+hub || strings.HasPrefix(strings.TrimPrefix(name, "KV_"), hub+"-") {
			require.NoError(t, client.DeleteStream(ctx, name))
		}
	}
}
