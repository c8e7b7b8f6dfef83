package jetstream_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// outside is an address of this computer that others can reach.
func outside(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			return net.JoinHostPort(ip.IP.String(), "0")
		}
	}
	return "0.0.0.0:0"
}

// Everybody who reaches a server that asks for no login can do everything.
func TestEmbeddedWithoutLoginsListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", outside(t)} {
		_, err := jetstream.StartEmbedded(jetstream.EmbeddedConfig{DataDir: t.TempDir(), Listen: listen})
		require.ErrorIs(t, err, jetstream.ErrNotLoopback, listen)
		require.NotContains(t, err.Error(), "\n")
	}
	for _, listen := range []string{"127.0.0.1:0", "localhost:0", "127.0.0.2:0"} {
		e := startEmbedded(t, jetstream.EmbeddedConfig{DataDir: t.TempDir(), Listen: listen})
		require.True(t, e.IsLocal())
		nc, err := nats.Connect(e.ClientURL())
		require.NoError(t, err, "a plain client needs no set-up")
		require.NoError(t, nc.Publish("default.to.b1.raise.E", nil))
		require.NoError(t, nc.Flush())
		nc.Close()
	}
}

func connectAs(t *testing.T, dir, role string) *nats.Conn {
	t.Helper()
	at, err := jetstream.LoginURL(dir, role)
	require.NoError(t, err)
	nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: at})
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// A server with logins lets in who has one, with the roles of deploy/nats, and nobody else.
func TestEmbeddedWithLogins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := startEmbedded(t, jetstream.EmbeddedConfig{DataDir: dir, Listen: "0.0.0.0:0", Auth: true, Hub: "shop"})
	require.False(t, e.IsLocal())
	own, err := e.Connect()
	require.NoError(t, err)
	defer own.Close()
	hub := natstest.OpenWith(t, own, jetstream.Config{Name: "shop", Partitions: 1})
	_, err = hub.Commit(t.Context(), "i", value("e"), 0)
	require.NoError(t, err)

	operator := connectAs(t, dir, jetstream.RoleOperator)
	require.Contains(t, operator.ConnectedUrl(), "127.0.0.1")
	_, err = nats.Connect("nats://" + operator.ConnectedAddr())
	require.ErrorIs(t, err, nats.ErrAuthorization)
	_, err = nats.Connect("nats://operator:guess@" + operator.ConnectedAddr())
	require.ErrorIs(t, err, nats.ErrAuthorization)
	for _, role := range []string{jetstream.RoleOperator, jetstream.RoleViewer, jetstream.RoleWorker} {
		opened, err := jetstream.OpenExisting(t.Context(), connectAs(t, dir, role), jetstream.Config{Name: "shop"})
		require.NoError(t, err, role)
		v, _, err := opened.Load(t.Context(), "i")
		require.NoError(t, err, role)
		require.NotNil(t, v, role)
		_, err = opened.Post(t.Context(), raise("i", "E"))
		require.Equal(t, role == jetstream.RoleViewer, err != nil, role)
	}
	answer, err := connectAs(t, dir, jetstream.RolePublisher).Request("shop.to.i.raise.E", nil, maxWait)
	require.NoError(t, err)
	require.Contains(t, string(answer.Data), `"seq"`)
	_, err = connectAs(t, dir, jetstream.RoleViewer).Request("shop.to.i.raise.E", nil, maxWait)
	require.ErrorIs(t, err, nats.ErrNoResponders)
}

// Nobody but the user who runs the server can read the logins, and those that others could
// read or replace are refused.
func TestLoginsAreThisUsersAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := jetstream.EmbeddedConfig{DataDir: dir, Listen: "127.0.0.1:0", Auth: true}
	startEmbedded(t, config).Shutdown()
	logins := filepath.Join(dir, "logins")
	seen := map[string]bool{}
	require.NoError(t, filepath.WalkDir(logins, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, path)
		if !d.IsDir() {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Regexp(t, `^nats://`+d.Name()+`:[A-Z2-7]{26}@127\.0\.0\.1:\d+\n$`, string(text))
			seen[strings.Split(string(text), "@")[0][len("nats://"+d.Name()):]] = true
		}
		return nil
	}))
	require.Len(t, seen, 5, "five passwords")

	for _, path := range []string{logins, filepath.Join(logins, "worker")} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(path, info.Mode()|0o004))
		_, err = jetstream.StartEmbedded(config)
		require.ErrorIs(t, err, jetstream.ErrLoginsExposed)
		_, err = jetstream.LoginURL(dir, "worker")
		require.ErrorIs(t, err, jetstream.ErrLoginsExposed)
		require.NoError(t, os.Chmod(path, info.Mode()))
	}
	at, err := jetstream.LoginURL(t.TempDir(), "worker")
	require.NoError(t, err)
	require.Empty(t, at, "there are none")
}

// Data that was stored without logins is there with them, and the other way round; logins stay
// the same; and a server does not forget to ask for them.
func TestEmbeddedWithLoginsKeepsWhatIsStored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	password := ""
	for run, auth := range []bool{false, true, true, false, true} {
		if !auth && run > 0 {
			_, err := jetstream.StartEmbedded(jetstream.EmbeddedConfig{DataDir: dir, Listen: "127.0.0.1:0"})
			require.ErrorIs(t, err, jetstream.ErrLoginsUnused)
			require.ErrorContains(t, err, filepath.Join(dir, "logins"))
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "logins")))
		}
		e := startEmbedded(t, jetstream.EmbeddedConfig{DataDir: dir, Listen: "127.0.0.1:0", Auth: auth})
		nc, err := e.Connect()
		require.NoError(t, err)
		hub := natstest.Open(t, nc)
		v, revision, err := hub.Load(t.Context(), "i")
		require.NoError(t, err)
		require.Equal(t, run > 0, v != nil, "run %d", run)
		_, err = hub.Commit(t.Context(), "i", value("e"), revision)
		require.NoError(t, err)
		b := openAll(t, hub)
		_, err = hub.Post(t.Context(), raise("i", "E"))
		require.NoError(t, err)
		b.await(t, run+1) // none is acked
		b.stop()
		if run == 1 || run == 2 {
			at, err := jetstream.LoginURL(dir, "worker")
			require.NoError(t, err)
			now := strings.Split(at, "@")[0]
			require.True(t, run == 1 || now == password)
			password = now
		}
		nc.Close()
		e.Shutdown()
	}
}
