package httpapi_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// dialed is a connection to a server, on which a test writes what no client would.
type dialed struct {
	testing.TB
	net.Conn
	r *bufio.Reader
}

func dial(t testing.TB, server *httpapi.Server, secure *tls.Config) *dialed {
	t.Helper()
	_, address, _ := strings.Cut(server.URL(), "://")
	connection, err := net.Dial("tcp", address)
	require.NoError(t, err)
	if secure != nil {
		connection = tls.Client(connection, secure)
	}
	t.Cleanup(func() { _ = connection.Close() })
	require.NoError(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
	return &dialed{t, connection, bufio.NewReader(connection)}
}

func (d *dialed) say(format string, args ...any) {
	d.Helper()
	_, err := fmt.Fprintf(d, format, args...)
	require.NoError(d, err)
}

// answer reads an answer and its body.
func (d *dialed) answer() (*http.Response, string) {
	d.Helper()
	answer, err := http.ReadResponse(d.r, nil)
	require.NoError(d, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(d, err)
	require.NoError(d, answer.Body.Close())
	return answer, string(body)
}

// lines are a server without TLS and one with it, each with what a client needs for it.
func (r *fixture) lines() map[string]func() *dialed {
	r.Helper()
	plain, _ := r.serve(httpapi.ServerConfig{})
	certFile, keyFile, pool := certify(r, r.TempDir(), 1)
	secure, _ := r.serve(httpapi.ServerConfig{CertFile: certFile, KeyFile: keyFile})
	return map[string]func() *dialed{
		"plain": func() *dialed { return dial(r, plain, nil) },
		"secure": func() *dialed {
			return dial(r, secure, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12})
		},
	}
}

// A request that no handler sees is refused as all others are: in JSON, with an id.
func TestRequestsThatCannotBeReadAreRefusedInJSON(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	for line, dial := range r.lines() {
		for _, c := range []struct {
			name, request string
			status        int
			says          string
		}{
			{"bad percent-encoding", "GET " + base + "/instances/%zz HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n", 400, "the path is not properly percent-encoded"},
			{"bad host", "GET /openapi.json HTTP/1.1\r\nHost: a b\r\nX-Request-Id: mine\r\n\r\n", 400, "malformed Host header"},
			{"no host", "GET /openapi.json HTTP/1.1\r\nX-Request-Id: mine\r\n\r\n", 400, "missing required Host header"},
			{"bad header", "GET /openapi.json HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nA B: c\r\n\r\n", 400, "invalid header name"},
			{"bad length", "POST /openapi.json HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nContent-Length: x\r\n\r\n", 400, "bad request"},
			{"unknown transfer encoding", "POST /openapi.json HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "not implemented"},
			{"unknown version", "GET /openapi.json HTTP/3.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n", 505, "unsupported protocol version"},
			{"unknown expectation", "GET /openapi.json HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nExpect: much\r\n\r\n", 417, "expectation failed"},
			{"large header", "GET /openapi.json HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nX: " + strings.Repeat("x", 70_000) + "\r\n\r\n", 431, "request header fields too large"},
		} {
			d := dial()
			d.say("%s", c.request)
			answer, body := d.answer()
			require.Equal(t, c.status, answer.StatusCode, "%s, %s", line, c.name)
			require.Equal(t, "mine", answer.Header.Get("X-Request-Id"), "%s, %s", line, c.name)
			require.Equal(t, "application/json; charset=utf-8", answer.Header.Get("Content-Type"))
			require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
			require.True(t, answer.Close, c.name)
			var told struct{ Message string }
			require.NoError(t, json.Unmarshal([]byte(body), &told), body)
			require.Equal(t, "this request cannot be read: "+c.says+" (request mine)", told.Message)
			require.Eventually(t, func() bool { return strings.Contains(r.log.String(), fmt.Sprintf("status=%d", c.status)) }, 10*time.Second, time.Millisecond)
		}
		d := dial()
		d.say("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
		answer, _ := d.answer()
		require.Equal(t, http.StatusNotFound, answer.StatusCode)
		require.NotEmpty(t, answer.Header.Get("X-Request-Id"))
	}
}

// A request that says in two ways how long its body is is refused, and the connection is
// not used again; also behind others on the same connection.
func TestContentLengthBesideTransferEncodingIsRefused(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	post := "POST " + base + "/instances/live/raiseEvent/Other HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\n"
	const chunks = "1\r\n7\r\n0\r\n\r\n"
	for line, dial := range r.lines() {
		for _, both := range []string{"Content-Length: 4\r\nTransfer-Encoding: chunked", "transfer-encoding: chunked\r\nCONTENT-LENGTH:  4"} {
			d := dial()
			d.say("%sTransfer-Encoding: chunked\r\n\r\n%s", post, chunks)
			answer, _ := d.answer()
			require.Equal(t, http.StatusAccepted, answer.StatusCode, line)
			require.False(t, answer.Close)
			d.say("%sContent-Length: 1\r\n\r\n7", post)
			answer, _ = d.answer()
			require.Equal(t, http.StatusAccepted, answer.StatusCode, line)
			d.say("%s%s\r\n\r\n%s", post, both, chunks)
			answer, body := d.answer()
			require.Equal(t, http.StatusBadRequest, answer.StatusCode, line)
			require.Contains(t, body, "either a Content-Length or a Transfer-Encoding")
			require.True(t, answer.Close)
		}
		// Sent without waiting for the answer before, its head is not known: it is the last.
		d := dial()
		d.say("%sContent-Length: 1\r\n\r\n7%sTransfer-Encoding: chunked\r\n\r\n%s", post, post, chunks)
		answer, _ := d.answer()
		require.Equal(t, http.StatusAccepted, answer.StatusCode, line)
		answer, _ = d.answer()
		require.Equal(t, http.StatusAccepted, answer.StatusCode, line)
		require.True(t, answer.Close, line)
	}
}

// HTTP/2 is spoken where there is TLS, and callers that speak none are told so.
func TestTLSSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	certFile, keyFile, pool := certify(t, t.TempDir(), 1)
	server, _ := r.serve(httpapi.ServerConfig{CertFile: certFile, KeyFile: keyFile})
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Get(server.URL() + base + "/instances/live")
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, 2, answer.ProtoMajor)
	require.Equal(t, http.StatusAccepted, answer.StatusCode)
	d := dial(t, server, nil)
	d.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	plain, body := d.answer()
	require.Equal(t, http.StatusBadRequest, plain.StatusCode)
	require.Contains(t, body, "this port speaks HTTPS")
}

// A server with TLS that is closed before it has served anything leaves nothing behind, nor
// does a caller that never agrees on TLS.
func TestTLSServerThatIsClosed(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	certFile, keyFile, _ := certify(t, t.TempDir(), 1)
	server, err := httpapi.Listen(httpapi.ServerConfig{Address: "127.0.0.1:0", API: r.api, CertFile: certFile, KeyFile: keyFile})
	require.NoError(t, err)
	d := dial(t, server, nil)
	require.NoError(t, server.Close())
	_, err = io.Copy(io.Discard, d)
	if err != nil {
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	}
}
