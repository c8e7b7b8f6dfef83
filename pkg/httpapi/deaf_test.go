package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/access"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// deafHub is a hub whose instances cannot be watched.
type deafHub struct {
	*memhub.Hub
	why error
}

func (h deafHub) Watch(context.Context, string) (<-chan struct{}, error) { return nil, h.why }

// A request that was carried out is not answered as a failure because its end cannot be waited
// for.
func TestStartedAndRaisedWithoutAWatch(t *testing.T) {
	t.Parallel()
	for _, why := range []error{errors.New("as many wait as can"), hub.ErrOutdated} {
		hub := deafHub{memhub.New(memhub.Config{}), why}
		r := newFixture(t, func(c *httpapi.Config) {
			c.Hubs = map[string]*client.Client{"default": client.New(hub)}
		})
		require.NoError(t, hub.Register(t.Context(), []string{"Gate"}))
		answer := r.send(call{method: "POST", target: "orchestrators/Gate/a?timeout=5", header: jsonType})
		require.Equal(t, http.StatusAccepted, answer.Code, answer.Body)
		require.NotEmpty(t, answer.Header().Get("Location"))
		answer = r.send(call{method: "POST", target: "instances/a/raiseEvent/Approval?wait=5", header: jsonType, body: "true"})
		require.Equal(t, http.StatusAccepted, answer.Code, answer.Body)
		require.JSONEq(t, `{"outcome":null}`, answer.Body.String())
	}
}

// fullHub is a hub that takes nothing in.
type fullHub struct{ *memhub.Hub }

func (fullHub) Ask(context.Context, hub.Message) (uint64, <-chan history.Outcome, error) {
	return 0, nil, hub.ErrStorage
}

// A person whose answer could not be sent gets it back, to send it again.
func TestAnswerIsKeptWhereTheHubTakesNothingIn(t *testing.T) {
	t.Parallel()
	hub := fullHub{memhub.New(memhub.Config{})}
	r := newFixture(t, withKeys(signingKeys), func(c *httpapi.Config) {
		c.Hubs = map[string]*client.Client{"default": client.New(hub)}
	})
	require.NoError(t, hub.Register(t.Context(), []string{"Gate"}))
	_, err := client.New(hub.Hub).Start(t.Context(), "Gate", nil, client.WithInstanceID("live"))
	require.NoError(t, err)
	link := r.sign(func(g *access.Grant) { g.Once, g.Page.Answer = true, access.AnswerText })
	says := r.page(call{method: "POST", target: link, header: asForm, body: "payload=my+long+words", status: 503}, "it is not your fault")
	require.Contains(t, says, "my long words</textarea>")
	require.Contains(t, says, "<dt>Request</dt>")
}
