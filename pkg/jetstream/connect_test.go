package jetstream_test

import (
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

func TestConnectSaysWhatToDo(t *testing.T) {
	t.Parallel()
	refused := "nats://" + natstest.FreeAddress(t)
	_, err := jetstream.Connect(jetstream.ConnectConfig{URL: refused})
	require.ErrorIs(t, err, jetstream.ErrConnect)
	require.EqualError(t, err, "cannot reach NATS at "+refused+": connection refused")
	require.ErrorIs(t, err, jetstream.ErrNoServer)

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
		"no such context":     {jetstream.ConnectConfig{Context: "no-such-context"}, "no such context"},
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
	hangs := nc.Opts.PingInterval * time.Duration(nc.Opts.MaxPingsOut+1)
	require.LessOrEqual(t, hangs, time.Minute, "after that a server that hangs is left for another")
}

// No error says what is secret in a URL, be it well written or not.
func TestConnectErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	gone := natstest.FreeAddress(t)
	s := natstest.StartWith(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: "u", Password: "p"})
	locked := s.Addr().String()
	for url, want := range map[string]string{
		"nats://user:s3cret@" + gone: "at nats://user:xxxxx@" + gone + ": connection refused",
		"nats://s3cret@" + gone:      "at nats://xxxxx@" + gone + ": connection refused",
		"s3cret@" + gone:             "at xxxxx@" + gone + ": connection refused",
		"nats://s3cret@" + gone + ",nats://user:s3cret@" + gone:        "at nats://xxxxx@" + gone + ",nats://user:xxxxx@" + gone,
		"nats://user:s3cret@" + locked:                                 "refuses this login",
		"nats://s3cret@" + locked:                                      "refuses this login",
		"nats://user:s3cret@no-such-host.invalid":                      "no-such-host.invalid",
		"nats://user:s3cret x@" + gone:                                 "percent-encode",
		"nats://user:s3cret%zz@" + gone:                                "percent-encode",
		"nats://user:s3cret/x@" + gone:                                 "percent-encode",
		"nats://user:x@s3cret/x@" + gone:                               "percent-encode",
		"nats://user:x@s3cret?x@" + gone:                               "percent-encode",
		"nats://user:s3cret,x@" + gone:                                 "percent-encode",
		"nats://user:s3cret@" + gone + ",nats://user:s3cret x@" + gone: "percent-encode",
	} {
		for name, config := range map[string]jetstream.ConnectConfig{
			"by URL":                   {URL: url},
			"by context":               {Context: contextFile(t, url)},
			"by URL, beside a context": {URL: url, Context: contextFile(t, "nats://s3cret@"+gone)},
		} {
			_, err := jetstream.Connect(config)
			require.ErrorIs(t, err, jetstream.ErrConnect, "%s %s", url, name)
			require.NotContains(t, err.Error(), "s3cret", "%s %s", url, name)
			require.NotContains(t, err.Error(), "\n", "%s %s", url, name)
			require.ErrorContains(t, err, want, "%s %s", url, name)
		}
	}
}

// Nor does the log.
func TestReconnectLogKeepsSecrets(t *testing.T) {
	t.Parallel()
	address := natstest.FreeAddress(t)
	host, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	options := server.Options{Host: host, Port: number, Authorization: "s3cret"}
	first := options
	s := natstest.StartWith(t, &first)
	var log testenv.Log
	nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: "nats://s3cret@" + address, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	defer nc.Close()
	s.Shutdown()
	s.WaitForShutdown()
	natstest.StartWith(t, &options)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "connected to NATS again") }, maxWait, soon)
	require.NotContains(t, log.String(), "s3cret")
}

// contextFile writes a NATS context for that URL, and returns its path.
func contextFile(t *testing.T, url string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.json")
	text, err := json.Marshal(map[string]string{"url": url})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
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
	nc, err = jetstream.Connect(jetstream.ConnectConfig{Context: file(gone), URL: gone + ", " + s.ClientURL()})
	require.NoError(t, err)
	nc.Close()
}
