package httpapi_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

const raising = "POST " + base + "/instances/live/raiseEvent/Other HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\n"

// A body that comes too slowly, or breaks off, is the caller's fault, whatever was asked
// for: no hub is said to be slow, and nobody is taken for gone who can read the answer.
func TestBodiesThatAreSlowOrCut(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	impatient, _ := r.serve(httpapi.ServerConfig{ReadTimeout: 100 * time.Millisecond})
	patient, _ := r.serve(httpapi.ServerConfig{})
	for _, head := range []string{
		raising, strings.Replace(raising, "/live/", "/nobody/", 1),
		"POST " + base + "/orchestrators/Gate HTTP/1.1\r\nHost: " + host + "\r\n",
		"POST " + base + "/instances/live/rewind HTTP/1.1\r\nHost: " + host + "\r\n",
	} {
		d := dial(t, impatient, nil)
		d.say("%sContent-Length: 5\r\n\r\n1", head)
		answer, body := d.answer()
		require.Equal(t, http.StatusRequestTimeout, answer.StatusCode, head)
		require.True(t, answer.Close)
		require.Equal(t, problem("the body did not come in time")+"\n", body)

		d = dial(t, patient, nil)
		d.say("%sContent-Length: 5\r\n\r\n1", head)
		require.NoError(t, d.Conn.(*net.TCPConn).CloseWrite())
		answer, body = d.answer()
		require.Equal(t, http.StatusBadRequest, answer.StatusCode, head)
		require.Equal(t, wrong("the body broke off before its end")+"\n", body)
	}
	require.NotContains(t, r.log.String(), "status=499")
	require.NotContains(t, r.log.String(), "level=ERROR")
}

// A body that takes almost all the time there is for a request leaves the hub its own.
func TestSlowBodyTakesNoTimeFromTheHub(t *testing.T) {
	t.Parallel()
	r := newFixture(t, func(c *httpapi.Config) { c.Timeout = 2 * time.Second })
	r.startThree()
	server, _ := r.serve(httpapi.ServerConfig{ReadTimeout: 20 * time.Second})
	d := dial(t, server, nil)
	d.say("%sContent-Length: 1\r\n\r\n", raising)
	time.Sleep(2100 * time.Millisecond) // the slowness of the caller itself: there is nothing to wait for
	d.say("7")
	answer, body := d.answer()
	require.Equal(t, http.StatusAccepted, answer.StatusCode, body)
}

func TestContentEncodingIsRefusedByName(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	encoded := func(name string) map[string]string {
		return map[string]string{"Content-Type": isJSON, "Content-Encoding": name}
	}
	refused := func(name string) string {
		return problem(`the content encoding \"` + name + `\" is not understood here: send the body as it is`)
	}
	accepted := header("Accept-Encoding", "identity")
	tryAll(t, r, []call{
		{"gzip", "POST", "instances/live/raiseEvent/Other", encoded("gzip"), "1", 415, refused("gzip"), accepted},
		{"several", "POST", "instances/live/raiseEvent/Other", encoded("identity, br"), "1", 415, refused("br"), accepted},
		{"a start", "POST", "orchestrators/Gate", encoded("deflate"), "1", 415, refused("deflate"), accepted},
		{"nobody", "POST", "instances/nobody/raiseEvent/Other", encoded("gzip"), "1", 404, noNobody, nil},
		{"as it is", "POST", "instances/live/raiseEvent/Other", encoded("Identity"), "1", 202, ``, nil},
	})
}

// Clients that send all before they read can read why a large body is refused, whatever it
// is refused for.
func TestAnswerToALargeBodyCanBeRead(t *testing.T) {
	t.Parallel()
	r := newFixture(t, withKeys("ops all-secret-1 all"))
	r.startThree()
	server, _ := r.serve(httpapi.ServerConfig{})
	body := strings.Repeat("1", 20<<20)
	for target, status := range map[string]int{
		"/instances/live/raiseEvent/Other?code=all-secret-1": http.StatusRequestEntityTooLarge,
		"/orchestrators/Gate?code=all-secret-1":              http.StatusRequestEntityTooLarge,
		"/instances/live/raiseEvent/Other":                   http.StatusUnauthorized,
		"/nothing":                                           http.StatusNotFound,
		"/instances?code=all-secret-1":                       http.StatusMethodNotAllowed,
	} {
		for _, length := range []string{"Content-Length: 20971520\r\n\r\n%s", "Transfer-Encoding: chunked\r\n\r\n1400000\r\n%s\r\n0\r\n\r\n"} {
			d := dial(t, server, nil)
			d.say("POST "+base+target+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Type: application/json\r\n"+length, body)
			answer, said := d.answer()
			require.Equal(t, status, answer.StatusCode, "%s: %s", target, said)
			require.NotEmpty(t, said)
		}
	}
}

// A client that asks first is answered before it sends anything.
func TestLargeBodyThatIsAnnounced(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	server, _ := r.serve(httpapi.ServerConfig{})
	d := dial(t, server, nil)
	d.say("%sExpect: 100-continue\r\nContent-Length: 20971520\r\n\r\n", raising)
	answer, _ := d.answer()
	require.Equal(t, http.StatusRequestEntityTooLarge, answer.StatusCode)
	require.True(t, answer.Close)
	_, err := io.Copy(io.Discard, d)
	require.NoError(t, err, "the connection is closed")
}
