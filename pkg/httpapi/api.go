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
	// One limiter each for requests at work, for requests that wait or listen, and for requests
	// that need much memory.
	working, waiting, listing limiter
	redact                    *access.Redactor
	// closing ends when requests that wait or listen must be answered.
	closing context.Context //nolint:containedctx // it belongs to no request: it is a signal that contexts can be made to follow
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
		working: newLimiter(config.MaxRequests), waiting: newLimiter(config.MaxWaiting), listing: newLimiter(config.MaxListing),
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

// Close ends all requests that wait for an instance or listen to one. Other requests are
// answered as before. Close may be called more than once.
func (a *API) Close() { a.close() }

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := newExchange(a, w, r)
	defer x.finish()
	if err := x.answer(); err != nil {
		x.fail(err)
	}
}

// answer finds the route and checks what is the same for all routes. Then it calls the route's
// handler.
func (x *exchange) answer() error {
	if err := checkFraming(x); err != nil {
		return err
	}
	segments, query := split(x.r)
	found := findRoutes(segments, query)
	if len(found) == 0 {
		return problemf(http.StatusNotFound, "there is nothing at this path; /openapi.json says what there is")
	}
	x.setPath(found[0], segments)
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
	if (chosen == nil || err != nil) && isRemnant(x, given) {
		return altered()
	}
	if chosen == nil {
		x.w.Header().Set("Allow", methods(found))
		return problemf(http.StatusMethodNotAllowed, "use %s here", methods(found))
	}
	x.setPath(chosen, segments)
	if err != nil {
		return err
	}
	x.query = given.only(chosen.parameters)
	return x.enter(chosen.handle)
}

// enter calls the handler if there is room for one more request and the caller is let in.
func (x *exchange) enter(handle func(*exchange) error) (err error) {
	limiter := limiterFor(x)
	if !limiter.enter() {
		return busy("too many requests at a time")
	}
	defer limiter.leave()
	if x.caller, err = authorize(x); err != nil {
		return err
	}
	// The timeout starts behind this line, so that a slow caller leaves the hub all of it.
	x.body = receive(x)
	if wrong := x.body.wrong; wrong != nil && wrong.lost {
		return wrong
	}
	if limiter != x.api.waiting {
		ctx, cancel := context.WithTimeout(x.ctx(), x.api.config.Timeout)
		defer cancel()
		x.r = x.r.WithContext(ctx)
	}
	return handle(x)
}
