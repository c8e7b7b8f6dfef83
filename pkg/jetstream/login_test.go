package jetstream_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// A key pair of nobody's.
const (
	testSeed = "SUAHW352J5DJI4H2GSOERKXI2WQA7GNQ45UYZWRUWT6DRMTOE7QQCMW64U"
	testKey  = "UBVLKB24PYSXIPCL62WIO3S3CKVSVX5VH4FQU6AGMDX7WK5ZUUNBLXYF"
)

// keep writes a file of the test's own.
func keep(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

// certify makes a certificate that vouches for itself, for this machine and for whoever
// has its key, and returns the paths of both.
func certify(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dormouse"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return keep(t, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		keep(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

// A hub can be reached by NKEY, by TLS with certificates on both sides, and by a
// context; and answers come to inboxes of the prefix that is asked for.
func TestConnectByKeyAndCertificate(t *testing.T) {
	t.Parallel()
	certificate, key := certify(t)
	pair, err := tls.LoadX509KeyPair(certificate, key)
	require.NoError(t, err)
	trusted := x509.NewCertPool()
	pemOf, err := os.ReadFile(certificate)
	require.NoError(t, err)
	require.True(t, trusted.AppendCertsFromPEM(pemOf))
	s := natstest.StartWith(t, &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(),
		Nkeys: []*server.NkeyUser{{Nkey: testKey}},
		TLS:   true, TLSVerify: true, TLSTimeout: 5, AllowNonTLS: false,
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{pair}, ClientCAs: trusted, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
		},
	})
	seed := keep(t, "user.nk", []byte(testSeed))
	url := "nats://" + s.Addr().String()
	context := keep(t, "office.json", fmt.Appendf(nil, `{"url": %q, "nkey": %q, "cert": %q, "key": %q, "ca": %q, "inbox_prefix": "_INBOX.office"}`,
		url, seed, certificate, key, certificate))
	all := jetstream.ConnectConfig{URL: url, NKey: seed, TLSCert: certificate, TLSKey: key, TLSCA: certificate}
	for name, c := range map[string]struct {
		config jetstream.ConnectConfig
		inbox  string
	}{
		"options": {all, "_INBOX."},
		"inbox":   {with(all, func(c *jetstream.ConnectConfig) { c.InboxPrefix = "_INBOX.mine" }), "_INBOX.mine."},
		"context": {jetstream.ConnectConfig{Context: context}, "_INBOX.office."},
	} {
		nc, err := jetstream.Connect(c.config)
		require.NoError(t, err, name)
		require.Contains(t, nc.NewInbox(), c.inbox, name)
		natstest.Open(t, nc)
		nc.Close()
	}
	for name, change := range map[string]func(*jetstream.ConnectConfig){
		"no NKEY":           func(c *jetstream.ConnectConfig) { c.NKey = "" },
		"no certificate":    func(c *jetstream.ConnectConfig) { c.TLSCert, c.TLSKey = "", "" },
		"trusts nobody":     func(c *jetstream.ConnectConfig) { c.TLSCA = "" },
		"prefix of inboxes": func(c *jetstream.ConnectConfig) { c.InboxPrefix = "_INBOX.>" },
	} {
		_, err := jetstream.Connect(with(all, change))
		require.ErrorIs(t, err, jetstream.ErrConnect, name)
	}
}

func with(c jetstream.ConnectConfig, change func(*jetstream.ConnectConfig)) jetstream.ConnectConfig {
	change(&c)
	return c
}

// Servers that keep users apart let each listen to an inbox of their own; whoever logs in
// by name and password listens there without being told.
func TestInboxIsThatOfTheUser(t *testing.T) {
	t.Parallel()
	g := startGuardedOn(t)
	at := func(login string) string { return "nats://" + login + "@" + g.Addr().String() }
	context := keep(t, "office.json", fmt.Appendf(nil, `{"url": "nats://%s", "user": "viewer", "password": "secret"}`, g.Addr()))
	for _, c := range []struct {
		config jetstream.ConnectConfig
		inbox  string
	}{
		{jetstream.ConnectConfig{URL: at("viewer:secret")}, "_INBOX.viewer."},
		{jetstream.ConnectConfig{URL: strings.TrimPrefix(at("publisher:secret"), "nats://") + ", nats://127.0.0.1:1"}, "_INBOX.publisher."},
		{jetstream.ConnectConfig{Context: context}, "_INBOX.viewer."},
		{jetstream.ConnectConfig{URL: at("viewer:secret"), InboxPrefix: "_INBOX.viewer.tool"}, "_INBOX.viewer.tool."},
	} {
		nc, err := jetstream.Connect(c.config)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(nc.NewInbox(), c.inbox), nc.NewInbox())
		nc.Close()
	}
	nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: at("worker:secret")})
	require.NoError(t, err)
	defer nc.Close()
	natstest.Open(t, nc)
	viewing, err := jetstream.Connect(jetstream.ConnectConfig{URL: at("viewer:secret")})
	require.NoError(t, err)
	defer viewing.Close()
	_, err = jetstream.OpenExisting(t.Context(), viewing, jetstream.Config{})
	require.NoError(t, err)
}

// A name that cannot be a part of a subject, and a token, are no user's inbox.
func TestInboxOfOthersIsTheUsualOne(t *testing.T) {
	t.Parallel()
	for _, options := range []server.Options{{Username: "a.b", Password: "p"}, {Username: "a b", Password: "p"}, {Authorization: "token"}, {}} {
		options.Host, options.Port = "127.0.0.1", server.RANDOM_PORT
		s := natstest.StartWith(t, &options)
		u := url.URL{Scheme: "nats", Host: s.Addr().String()}
		if options.Username != "" {
			u.User = url.UserPassword(options.Username, options.Password)
		} else if options.Authorization != "" {
			u.User = url.User(options.Authorization)
		}
		nc, err := jetstream.Connect(jetstream.ConnectConfig{URL: u.String()})
		require.NoError(t, err)
		require.Len(t, strings.Split(nc.NewInbox(), "."), 2)
		nc.Close()
	}
}
