package jetstream_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

func TestConnectSaysWhatToDo(t *testing.T) {
	t.Parallel()
	refused := "nats://" + natstest.FreeAddress(t)
	_, err := jetstream.Connect(jetstream.ConnectConfig{URL: refused})
	require.ErrorIs(t, err, jetstream.ErrConnect)
	require.EqualError(t, err, "cannot reach NATS at "+refused+": connection refused: start a worker (it embeds a server) or give --nats-url")

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, silent.Close()) }()

	for name, c := range map[string]struct {
		config jetstream.ConnectConfig
		want   string
	}{
		"no credentials file": {jetstream.ConnectConfig{Credentials: "/nonexistent.creds"}, "/nonexistent.creds: no such file"},
		"no nkey file":        {jetstream.ConnectConfig{NKey: "/nonexistent.nk"}, "/nonexistent.nk: no such file"},
		"no key":              {jetstream.ConnectConfig{TLSCert: "cert.pem"}, "must be given together"},
		"no such context":     {jetstream.ConnectConfig{Context: "no-such-context"}, "check --context"},
		"silence": {
			jetstream.ConnectConfig{URL: "nats://" + silent.Addr().String(), Timeout: 50 * time.Millisecond}, "no answer in time",
		},
		"bad URL": {jetstream.ConnectConfig{URL: "nats://a b:c"}, "cannot reach NATS"},
	} {
		_, err := jetstream.Connect(c.config)
		require.ErrorIs(t, err, jetstream.ErrConnect, name)
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), "\n", name)
	}
}

func TestConnectLogin(t *testing.T) {
	t.Parallel()
	s := natstest.StartWith(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: "u", Password: "p"})
	_, err := jetstream.Connect(jetstream.ConnectConfig{URL: s.ClientURL()})
	require.ErrorIs(t, err, jetstream.ErrConnect)
	require.ErrorContains(t, err, "check the credentials")

	nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: "nats://u:p@" + s.Addr().String(), Name: "raise"})
	require.NoError(t, err)
	defer nc.Close()
	require.Equal(t, "raise", nc.Opts.Name)
}

func TestConnectByContext(t *testing.T) {
	t.Parallel()
	s := natstest.StartWith(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: "u", Password: "p"})
	file := func(url string) string {
		path := filepath.Join(t.TempDir(), "c.json")
		require.NoError(t, os.WriteFile(path, []byte(`{"url":"`+url+`","user":"u","password":"p"}`), 0o600))
		return path
	}
	nc, err := jetstream.Connect(jetstream.ConnectConfig{Context: file(s.ClientURL())})
	require.NoError(t, err)
	nc.Close()

	gone := "nats://" + natstest.FreeAddress(t)
	_, err = jetstream.Connect(jetstream.ConnectConfig{Context: file(gone)})
	require.ErrorContains(t, err, "connection refused")
	nc, err = jetstream.Connect(jetstream.ConnectConfig{Context: file(gone), URL: s.ClientURL()})
	require.NoError(t, err)
	nc.Close()
}
