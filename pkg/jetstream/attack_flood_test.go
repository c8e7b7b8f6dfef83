package jetstream_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// No user can take all connections of the server, or subscribe without end.
func TestFloodOfConnectionsAndSubscriptions(t *testing.T) {
	t.Parallel()
	g := startGuardedOn(t)
	worker := g.login(t, "worker")
	const most = 1000
	var refused error
	opened := 0
	for refused == nil && opened <= most {
		nc, err := nats.Connect(g.ClientURL(), nats.UserInfo("viewer", "secret"), nats.NoReconnect())
		if refused = err; err == nil {
			opened++
			t.Cleanup(nc.Close)
		}
	}
	require.ErrorContains(t, refused, "maximum account active connections exceeded")
	require.Equal(t, most, opened)
	natstest.OpenWith(t, worker.Conn, jetstream.Config{Partitions: 1})
	g.login(t, "worker")
	g.login(t, "operator")

	a := g.login(t, "publisher")
	for n := range most {
		_, err := a.SubscribeSync(fmt.Sprintf("_INBOX.publisher.%d", n))
		require.NoError(t, err)
	}
	require.NoError(t, a.Flush())
	_, err := a.SubscribeSync("_INBOX.publisher.more")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return a.Flush() != nil || errors.Is(a.LastError(), nats.ErrMaxSubscriptionsExceeded) }, maxWait, soon)
}

// NATS does not bound how much a user sends. A flood that ends leaves the hub as it was:
// meanwhile it gets slower, and nothing is refused or lost.
func TestFloodOfMessagesPasses(t *testing.T) {
	t.Parallel()
	g := startGuardedHub(t)
	const many = 10_000
	flooded := make(chan error, 2)
	for user, subject := range map[string]string{
		"publisher": "default.to.i.raise.E", "viewer": "$JS.API.DIRECT.GET.KV_default.$KV.default.i",
	} {
		a := g.login(t, user)
		go func() {
			var err error
			for range many {
				err = errors.Join(err, a.PublishRequest(subject, "_INBOX."+user+".x", nil))
			}
			flooded <- errors.Join(err, a.FlushTimeout(maxWait))
		}()
	}
	for ended := 0; ended < 2; {
		select {
		case err := <-flooded:
			require.NoError(t, err)
			ended++
		default:
			_, _, err := g.hub.LoadLatest(t.Context(), "i")
			require.NoError(t, err, "a worker is answered meanwhile")
		}
	}
	awaitStored(t, g.worker.Conn, "default-control", many)
}

// A user that floods the server is shut out while it runs: by taking out their line and having
// the configuration read again. The others go on.
func TestUserCanBeShutOut(t *testing.T) {
	t.Parallel()
	setPasswords()
	dir := t.TempDir()
	place := strings.NewReplacer("127.0.0.1:4222", "127.0.0.1:-1", "./nats-data", filepath.Join(dir, "data"))
	for _, name := range []string{"secure.conf", "accounts.conf"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "nats", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(place.Replace(string(text))), 0o600))
	}
	options, err := server.ProcessConfigFile(filepath.Join(dir, "secure.conf"))
	require.NoError(t, err)
	g := newGuardedHub(t, guarded{natstest.StartWith(t, options)})
	viewer, err := nats.Connect(g.ClientURL(), nats.UserInfo("viewer", "secret"), nats.NoReconnect())
	require.NoError(t, err)
	defer viewer.Close()

	accounts := filepath.Join(dir, "accounts.conf")
	text, err := os.ReadFile(accounts)
	require.NoError(t, err)
	text = regexp.MustCompile(`(?m)^.*user: viewer,.*$`).ReplaceAll(text, nil)
	require.NoError(t, os.WriteFile(accounts, text, 0o600))
	require.NoError(t, g.Reload())
	require.Eventually(t, viewer.IsClosed, maxWait, soon)
	_, err = nats.Connect(g.ClientURL(), nats.UserInfo("viewer", "secret"))
	require.ErrorIs(t, err, nats.ErrAuthorization)
	_, _, err = g.hub.LoadLatest(t.Context(), "i")
	require.NoError(t, err)
	require.Empty(t, g.worker.refusals())
}
