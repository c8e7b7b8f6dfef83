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

	"github.com/dormouse-dev/dormouse/pkg/access"
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
	// id, name and event are what the path says.
	id, name, event string
	hub             string
	client          *client.Client
	// code is the key that was presented and let in, keyName its name.
	code, keyName string
	// mayReplace is set for who may start an instance in the place of one that has ended,
	// whose history is gone then.
	mayReplace bool
	// received is the body, or what is wrong with it.
	received received
	// grant is what the URL was signed for, nil if it was not signed.
	grant *access.Grant
	// typed is what a person has typed into the form.
	typed string
	// failure is what the log says of an answer of 500.
	failure error
}

func newExchange(a *API, w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{api: a, w: &answerWriter{ResponseWriter: w}, r: r, requestID: requestID(r), began: time.Now()}
	x.w.Header().Set("X-Request-Id", x.requestID)
	x.w.Header().Set("X-Content-Type-Options", "nosniff")
	x.w.Header().Set("Cache-Control", "no-store")
	return x
}

// finish writes the log, also of a handler that panicked, which is answered with 500.
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

// takePath reads what stands in the path at the route's variables. What cannot be
// decoded stays as it is: it has a "%" then, and is none that there is.
func (x *exchange) takePath(r *route, segments []string) {
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

// header returns a header of the request, if it is one that the route reads.
func (x *exchange) header(name string) string {
	if !slices.Contains(x.route.headers, name) {
		return ""
	}
	return strings.TrimSpace(x.r.Header.Get(name))
}

// json answers with a value.
func (x *exchange) json(status int, value any) error {
	data, err := marshal(value)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	x.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	x.write(status, append(data, '\n'))
	return nil
}

// write answers with bytes, whose type the header says.
func (x *exchange) write(status int, body []byte) {
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // who has gone away cannot be told
}

// status answers with nothing but a status.
func (x *exchange) status(status int) {
	if status != http.StatusNoContent {
		x.w.Header().Set("Content-Length", "0")
	}
	x.w.WriteHeader(status)
}

// wantsHTML reports whether a person looks at the answer.
func (x *exchange) wantsHTML() bool { return strings.Contains(x.r.Header.Get("Accept"), "text/html") }
