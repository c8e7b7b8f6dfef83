package httpapi

import (
	"context"
	"net/http"
	"time"
)

// lag is how long an answer may take to reach the caller.
const lag = 30 * time.Second

// gate returns where the request has to go in. Those that wait for an instance, listen,
// or are much work do not take the places of others, nor do those that fill the memory.
func (x *exchange) gate() gate {
	switch {
	case x.route.long, x.query.text("timeout") != "", x.query.text("wait") != "":
		return x.api.waiting
	case x.route.heavy, x.query.text("showHistory") != "":
		return x.api.listing
	}
	return x.api.working
}

// settle reads the body to its end, in the time that there is for it. From then on the
// connection may be silent.
func (x *exchange) settle() error {
	if _, err := x.read(); err != nil {
		return err
	}
	_ = http.NewResponseController(x.w).SetReadDeadline(time.Time{}) // where there are no deadlines none is in the way
	return nil
}

// patience returns a context for a wait of that length, which ends too when the API
// closes. The request must be settled.
func (x *exchange) patience(wait time.Duration) (context.Context, context.CancelFunc) {
	wait = min(wait, x.api.config.MaxWait)
	connection := http.NewResponseController(x.w)
	_ = connection.SetWriteDeadline(time.Now().Add(wait + lag))
	ctx, cancel := context.WithTimeout(x.ctx(), wait)
	stop := context.AfterFunc(x.api.closing, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// gaveUp reports whether a wait has ended because of its length, and not because the
// caller is gone.
func (x *exchange) gaveUp(ctx context.Context) bool { return ctx.Err() != nil && x.ctx().Err() == nil }
