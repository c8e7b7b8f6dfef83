package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// exchange is a request and its answer.
type exchange struct {
	api       *API
	w         *answerWriter
	r         *http.Request
	requestID string
	began     time.Time
	route     *route
	query     query
	// id, name and event are the variables of the path.
	id, name, event string
	hub             string
	client          *client.Client
	caller
	body body
	// typed is the text that a person has typed into the form.
	typed string
	// failure is the error that the log tells with an answer of 500.
	failure error
}

func newExchange(a *API, w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{api: a, w: &answerWriter{ResponseWriter: w}, r: r, requestID: requestID(r), began: time.Now()}
	x.w.Header().Set("X-Request-Id", x.requestID)
	x.w.Header().Set("X-Content-Type-Options", "nosniff")
	x.w.Header().Set("Cache-Control", "no-store")
	return x
}

// finish writes the access log. A handler that panicked is answered with 500.
func (x *exchange) finish() {
	recovered := recover()
	if recovered != nil && recovered != http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
		x.failure = fmt.Errorf("panic: %v\n%s", recovered, debug.Stack())
		if x.w.status == 0 {
			recovered = nil
			_ = x.json(http.StatusInternalServerError, message{Message: "something went wrong here (request " + x.requestID + ")"})
		} else {
			recovered = http.ErrAbortHandler
		}
	}
	x.log()
	if recovered != nil {
		panic(recovered)
	}
}

// setPath sets the route, and reads the variables in its path. A value that cannot be decoded
// stays as it is: it has a "%" then, and no instance or orchestrator has such a name.
func (x *exchange) setPath(r *route, segments []string) {
	x.route = r
	for i, name := range r.segments {
		if !isVariable(name) {
			continue
		}
		value, err := url.PathUnescape(segments[i])
		if err != nil {
			value = segments[i]
		}
		switch name {
		case "{id}":
			x.id = value
		case "{name}":
			x.name = value
		case "{event}":
			x.event = value
		}
	}
}

func (x *exchange) ctx() context.Context { return x.r.Context() }

// header returns a header of the request; empty if the route does not read that header.
func (x *exchange) header(name string) string {
	if !slices.Contains(x.route.headers, name) {
		return ""
	}
	return strings.TrimSpace(x.r.Header.Get(name))
}

// wantsHTML reports whether the answer is shown to a person.
func (x *exchange) wantsHTML() bool { return strings.Contains(x.r.Header.Get("Accept"), "text/html") }

// isLink reports whether a person has opened a signed URL.
func (x *exchange) isLink() bool {
	return x.route != nil && x.route.signed && x.query.text("sig") != "" && (x.r.Method != http.MethodPost || x.wantsHTML())
}
