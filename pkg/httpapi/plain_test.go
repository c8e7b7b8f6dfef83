package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// The payload of a plain NATS publisher need not be UTF-8; an answer is UTF-8.
func TestAnswersAreUTF8(t *testing.T) {
	t.Parallel()
	memory := memhub.New(memhub.Config{})
	r := newFixture(t, func(c *httpapi.Config) { c.Hubs["default"] = client.New(memory) })
	registry := r.registry()
	require.NoError(t, memory.Register(r.ctx, registry.Orchestrators()))
	r.work(memory, registry)
	r.client = client.New(memory)
	for _, m := range []hub.Message{
		{Instance: "n", Verb: hub.VerbStart, Arg: "Gate", Data: []byte("\"\xff\xfe\"")},
		{Instance: "n", Verb: hub.VerbRaise, Arg: "Other", Data: []byte("\xff")},
	} {
		_, err := memory.Post(r.ctx, m)
		require.NoError(t, err)
	}
	r.waits("n")
	for _, target := range []string{"instances/n?showHistory=true", "instances"} {
		body := r.send(call{method: "GET", target: target}).Body.Bytes()
		require.True(t, utf8.Valid(body), "%s: %q", target, body)
		require.Contains(t, string(body), "\"input\":\"\ufffd")
	}
}

// Ids that no hub can keep, and ids that no URL can lead to.
func TestIDsThatCannotBe(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	long := strings.Repeat("%E6%97%A5", 256)
	for _, c := range []struct{ method, target string }{
		{"GET", ""}, {"GET", "/events"}, {"DELETE", ""}, {"POST", "/terminate"}, {"POST", "/raiseEvent/x"},
	} {
		require.Equal(t, http.StatusNotFound, r.send(call{method: c.method, target: "instances/" + long + c.target}).Code, c)
	}
	for _, id := range []string{".", "..", "%2e", "%2E."} {
		require.Equal(t, http.StatusBadRequest, r.send(call{method: "POST", target: "orchestrators/Gate/" + id}).Code, id)
	}
}

// A caller that wants failures to be answers of 500 gets them from the links, too.
func TestLinksKeepWhatFailuresAre(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	r.startThree()
	const failing = "returnInternalServerErrorOnFailure=true"
	for _, c := range []call{{method: "GET", target: "instances/live?" + failing}, {method: "POST", target: "orchestrators/Gate?" + failing}} {
		require.Contains(t, r.send(c).Header().Get("Location"), "?taskHub=default&"+failing)
	}
}
