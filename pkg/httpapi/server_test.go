package httpapi_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// serve serves the API on a free port until the test ends or stop is called.
func (r *fixture) serve(config httpapi.ServerConfig) (server *httpapi.Server, stop func()) {
	r.Helper()
	if config.Address == "" {
		config.Address = "127.0.0.1:0"
	}
	config.API = r.api
	server, err := httpapi.Listen(config)
	require.NoError(r, err)
	return server, testenv.Background(r, server.Run)
}

// Without a key nothing but loopback is served, unless that is asked for.
func TestOnlyLoopbackWithoutAKey(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.org:0", "nonsense"} {
		_, err := httpapi.Listen(httpapi.ServerConfig{Address: address, API: r.api})
		require.ErrorIs(t, err, httpapi.ErrNotLoopback, address)
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		server, err := httpapi.Listen(httpapi.ServerConfig{Address: address, API: r.api})
		require.NoError(t, err)
		require.NoError(t, server.Close())
	}
	server, err := httpapi.Listen(httpapi.ServerConfig{Address: "0.0.0.0:0", API: r.api, Insecure: true})
	require.NoError(t, err)
	require.Regexp(t, `^http://localhost:\d+$`, server.URL(), "an address that can be given to somebody")
	require.NoError(t, server.Close())
	keyed := newFixture(t, withKeys("ops a-secret"))
	server, err = httpapi.Listen(httpapi.ServerConfig{Address: "0.0.0.0:0", API: keyed.api})
	require.NoError(t, err)
	require.NoError(t, server.Close())
}

func TestListenTellsOfAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	server, _ := r.serve(httpapi.ServerConfig{})
	_, err := httpapi.Listen(httpapi.ServerConfig{Address: strings.TrimPrefix(server.URL(), "http://"), API: r.api})
	require.ErrorContains(t, err, "listening for HTTP")
}

// When the server stops, requests that wait end, and requests at work are answered.
func TestServerDrains(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.start("Gate", nil, "live")
	r.waits("live")
	server, stop := r.serve(httpapi.ServerConfig{})
	response, err := http.Get(server.URL() + base + "/instances/live/events")
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err, "it listens")
	stop()
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err, "it was told of the end, not cut off")
	_, err = http.Get(server.URL() + base + "/instances/live")
	require.Error(t, err)
}

// Callers that send their requests a byte now and then are cut off.
func TestSlowCallersAreCutOff(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	server, _ := r.serve(httpapi.ServerConfig{HeaderTimeout: 100 * time.Millisecond, ReadTimeout: 200 * time.Millisecond, IdleTimeout: 100 * time.Millisecond})
	head := "POST " + base + "/orchestrators/Gate HTTP/1.1\r\nHost: " + host + "\r\n"
	for name, beginning := range map[string]string{
		"header": head,
		"body":   head + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n\"x",
		"idle":   "GET " + base + "/instances/none HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
	} {
		connection, err := net.Dial("tcp", strings.TrimPrefix(server.URL(), "http://"))
		require.NoError(t, err)
		_, err = connection.Write([]byte(beginning))
		require.NoError(t, err)
		require.NoError(t, connection.SetReadDeadline(time.Now().Add(20*time.Second)))
		_, err = io.Copy(io.Discard, connection)
		require.NoError(t, err, "%s: the server closes the connection", name)
		require.NoError(t, connection.Close())
	}
}

func TestOversizedHeadersAreRefused(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	server, _ := r.serve(httpapi.ServerConfig{})
	request, err := http.NewRequest(http.MethodGet, server.URL()+base+"/instances/none", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("X-Large", strings.Repeat("x", 100<<10))
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, response.StatusCode)
}

// There are so many connections at a time, and a place is free again behind one.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	server, _ := r.serve(httpapi.ServerConfig{MaxConnections: 2})
	address := strings.TrimPrefix(server.URL(), "http://")
	ask := func(connection net.Conn, patience time.Duration) error {
		if _, err := fmt.Fprintf(connection, "GET %s/instances/none HTTP/1.1\r\nHost: %s\r\n\r\n", base, host); err != nil {
			return err
		}
		if err := connection.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		_, err := connection.Read(make([]byte, 1))
		return err
	}
	var connections []net.Conn
	for range 3 {
		connection, err := net.Dial("tcp", address)
		require.NoError(t, err)
		defer connection.Close()
		connections = append(connections, connection)
	}
	require.NoError(t, ask(connections[0], 20*time.Second))
	require.NoError(t, ask(connections[1], 20*time.Second))
	require.Error(t, ask(connections[2], 50*time.Millisecond), "there is no place")
	require.NoError(t, connections[0].Close())
	require.NoError(t, connections[2].SetReadDeadline(time.Now().Add(20*time.Second)))
	_, err := connections[2].Read(make([]byte, 1))
	require.NoError(t, err)
}

// certify writes a certificate for 127.0.0.1 with that number.
func certify(t testing.TB, dir string, number int64) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: "dormouse"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	require.NoError(t, os.WriteFile(certFile, certPEM, 0o600))
	// So that a change shows even where it comes within one tick of the file system.
	at := time.Now().Add(time.Duration(number) * time.Second)
	require.NoError(t, os.Chtimes(certFile, at, at))
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, pool
}

// A new certificate is used without a restart; one that cannot be read is not.
func TestCertificatesAreReadAgain(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	dir := t.TempDir()
	certFile, keyFile, pool := certify(t, dir, 1)
	server, _ := r.serve(httpapi.ServerConfig{CertFile: certFile, KeyFile: keyFile})
	require.True(t, strings.HasPrefix(server.URL(), "https://"))
	serial := func(pool *x509.CertPool) int64 {
		connection, err := tls.Dial("tcp", strings.TrimPrefix(server.URL(), "https://"), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
		require.NoError(t, err)
		defer connection.Close()
		return connection.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	require.EqualValues(t, 1, serial(pool))
	require.NoError(t, os.WriteFile(keyFile, []byte("half a key"), 0o600))
	require.EqualValues(t, 1, serial(pool))
	require.Contains(t, r.log.String(), "the old one stays")
	_, _, pool = certify(t, dir, 2)
	require.EqualValues(t, 2, serial(pool))
	_, err := httpapi.Listen(httpapi.ServerConfig{Address: "127.0.0.1:0", API: r.api, CertFile: certFile, KeyFile: filepath.Join(dir, "none")})
	require.ErrorContains(t, err, "reading the TLS certificate")
}

// A crowd raises events through HTTP: none is lost, none is twice.
func TestACrowdOfCallers(t *testing.T) {
	t.Parallel()
	const callers, events = 50, 10
	r := newFixture(t)
	for n := range callers {
		r.start("Count", events, fmt.Sprintf("c%d", n))
	}
	server, _ := r.serve(httpapi.ServerConfig{})
	transport := &http.Transport{MaxIdleConnsPerHost: callers}
	defer transport.CloseIdleConnections()
	visitor := &http.Client{Transport: transport}
	failures := make(chan error, callers)
	for n := range callers {
		go func() {
			failures <- func() error {
				for k := range events {
					response, err := visitor.Post(fmt.Sprintf("%s%s/instances/c%d/raiseEvent/Item", server.URL(), base, n), isJSON, strings.NewReader(fmt.Sprint(k)))
					if err != nil {
						return err
					}
					_, _ = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
					if response.StatusCode != http.StatusAccepted {
						return fmt.Errorf("status %d", response.StatusCode)
					}
				}
				return nil
			}()
		}()
	}
	for range callers {
		require.NoError(t, <-failures)
	}
	for n := range callers {
		i := r.ends(fmt.Sprintf("c%d", n))
		require.Equal(t, client.Completed, i.Status)
		require.Equal(t, "[0,1,2,3,4,5,6,7,8,9]", string(i.Output))
	}
}
