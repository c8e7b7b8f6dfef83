package httpapi

import (
	"context"
	"net/http"
	"time"
)

// sendTimeout is how long an answer may take to reach the caller.
const sendTimeout = 30 * time.Second

// limiterFor returns the limiter that counts the request. Requests that wait or listen, and
// requests that need much memory, have limiters of their own and take no room from others.
func limiterFor(x *exchange) limiter {
	switch {
	case x.route.long, x.query.text("timeout") != "", x.query.text("pollingInterval") != "", x.query.text("wait") != "":
		return x.api.waiting
	case x.route.heavy, x.query.text("showHistory") != "":
		return x.api.listing
	}
	return x.api.working
}

// allowSilence returns what is wrong with the body; if nothing is, the caller may be silent
// from now on without the connection timing out.
func (x *exchange) allowSilence() error {
	if x.body.wrong != nil {
		return x.body.wrong
	}
	_ = http.NewResponseController(x.w).SetReadDeadline(time.Time{}) // a connection without deadlines needs none taken away
	return nil
}

// waitContext returns a context for a wait of that length, which also ends when the API
// closes. It returns what is wrong with the body instead, if something is.
func (x *exchange) waitContext(wait time.Duration) (context.Context, context.CancelFunc, error) {
	if err := x.allowSilence(); err != nil {
		return nil, nil, err
	}
	wait = min(wait, x.api.config.MaxWait)
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(wait + sendTimeout))
	ctx, cancel := context.WithTimeout(x.ctx(), wait)
	stop := context.AfterFunc(x.api.closing, cancel)
	return ctx, func() {
		stop()
		cancel()
	}, nil
}

// timedOut reports whether a wait has ended by itself, and not because the caller has gone.
func (x *exchange) timedOut(wait context.Context) bool {
	return wait.Err() != nil && x.ctx().Err() == nil
}
