package httpapi

import (
	"context"
	"net/http"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

// API answers requests. It is made by [New].
type API struct {
	config  Config
	cors    cors
	foreign *http.CrossOriginProtection
	// Those who are inside: at work, waiting, and with much to read.
	working, waiting, listing gate
	redact                    *access.Redactor
	// closing ends when those who wait or listen shall be sent home.
	closing context.Context //nolint:containedctx // it is no request's: a channel that can be waited for as contexts are
	close   context.CancelFunc
}

// New returns an API. It returns an error if the config is not valid.
func New(config Config) (*API, error) {
	config = config.withDefaults()
	if err := config.check(); err != nil {
		return nil, err
	}
	a := &API{
		config: config, cors: cors(config.Origins), foreign: http.NewCrossOriginProtection(),
		working: newGate(config.MaxRequests), waiting: newGate(config.MaxWaiting), listing: newGate(config.MaxListing),
		redact: config.Keys.Redactor(),
	}
	for _, origin := range config.Origins {
		if origin == "*" {
			continue
		}
		if err := a.foreign.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	a.closing, a.close = context.WithCancel(context.Background())
	return a, nil
}

// Close sends home who waits for an instance or listens to one. Other requests are
// answered as before. It may be called more than once.
func (a *API) Close() { a.close() }

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := newExchange(a, w, r)
	defer x.finish()
	if err := x.answer(); err != nil {
		x.fail(err)
	}
}

// answer does all that is the same for all routes, and calls the route's handler.
func (x *exchange) answer() error {
	if err := x.checkFraming(); err != nil {
		return err
	}
	segments, query := split(x.r)
	found := findRoutes(segments, query)
	if len(found) == 0 {
		return problemf(http.StatusNotFound, "there is nothing at this path; /openapi.json says what there is")
	}
	x.takePath(found[0], segments)
	x.api.cors.answer(x.w.Header(), x.r, found)
	if x.api.cors.refuses(x.r) {
		return problemf(http.StatusForbidden, "%s", hinted("pages of another site may not call this API", x.api.config.Hints.Origin))
	}
	if x.r.Method == http.MethodOptions {
		x.w.Header().Set("Allow", methods(found))
		x.status(http.StatusNoContent)
		return nil
	}
	chosen := chooseRoute(found, x.r.Method)
	given, err := parseQuery(query)
	if (chosen == nil || err != nil) && x.isRemnant(given) {
		return altered()
	}
	if chosen == nil {
		x.w.Header().Set("Allow", methods(found))
		return problemf(http.StatusMethodNotAllowed, "use %s here", methods(found))
	}
	x.takePath(chosen, segments)
	if err != nil {
		return err
	}
	x.query = given.only(chosen.parameters)
	return x.enter(chosen.handle)
}

// enter calls the handler if there is room for one more, and who asks is let in.
func (x *exchange) enter(handle func(*exchange) error) error {
	gate := x.gate()
	if !gate.enter() {
		return busy("too many requests at a time")
	}
	defer gate.leave()
	if err := x.admit(); err != nil {
		return err
	}
	// The caller's slowness does not take from the time that the hub has.
	x.receive()
	if wrong := x.received.wrong; wrong != nil && wrong.lost {
		return wrong
	}
	if gate != x.api.waiting {
		ctx, cancel := context.WithTimeout(x.ctx(), x.api.config.Timeout)
		defer cancel()
		x.r = x.r.WithContext(ctx)
	}
	return handle(x)
}
