package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// problem is an error that the caller is told.
type problem struct {
	status  int
	message string
	// headline is the sentence of Durable Functions, if its clients show it; the message is
	// then told beside it.
	headline string
	// lost is set if the request did not arrive whole. Nothing else is checked then.
	lost bool
	// human is the text that a person reads above the form that must be sent again. words is
	// set if the typed text can be sent as plain words.
	human string
	words bool
	// link says why a link cannot be used; sent is the event for which a
	// link was used.
	link linkState
	sent *client.Event
	// retryAfter is in seconds; 0 for no advice.
	retryAfter int
}

// Error returns the message.
func (p *problem) Error() string { return p.message }

// message is a problem in JSON.
type message struct {
	Message string
	// ExceptionMessage is the message beside a headline. It stands in every answer of 400: a
	// well-known client reads nothing else there.
	ExceptionMessage string `json:",omitempty"`
}

// body returns the problem as JSON for the caller.
func (p *problem) body() message {
	m := message{Message: p.message}
	if p.headline != "" {
		m = message{Message: p.headline, ExceptionMessage: p.message}
	}
	if p.status == http.StatusBadRequest {
		m.ExceptionMessage = p.message
	}
	return m
}

func problemf(status int, format string, args ...any) *problem {
	return &problem{status: status, message: fmt.Sprintf(format, args...)}
}

func busy(why string) *problem {
	return &problem{status: http.StatusServiceUnavailable, message: why + ": try again later", retryAfter: 1}
}

// reply is the answer for an error of the client.
type reply struct {
	condition error
	status    int
	// headline is the sentence of Durable Functions, empty if its clients do not show it.
	headline string
}

// statusGone is the status in the log of a request whose caller has gone and gets no answer.
const statusGone = 499

// replies are the answers of all routes that have no others.
var replies = []reply{
	{condition: client.ErrInstanceNotFound, status: http.StatusNotFound},
	{condition: client.ErrInstanceEnded, status: http.StatusGone},
	{condition: client.ErrInstanceExists, status: http.StatusConflict},
	{condition: client.ErrInstanceLive, status: http.StatusPreconditionFailed},
	{condition: client.ErrInstanceNotFailed, status: http.StatusPreconditionFailed},
	{condition: client.ErrNotRewindable, status: http.StatusPreconditionFailed},
	{condition: client.ErrInstanceUnsettled, status: http.StatusServiceUnavailable},
	{condition: client.ErrStorage, status: http.StatusServiceUnavailable},
	{condition: hub.ErrUnconfirmed, status: http.StatusGatewayTimeout},
	{condition: client.ErrOutdated, status: http.StatusServiceUnavailable},
	{condition: hub.ErrUnreachable, status: http.StatusServiceUnavailable},
	{condition: client.ErrUnknownOrchestrator, status: http.StatusBadRequest},
	{condition: client.ErrInvalidPayload, status: http.StatusBadRequest},
	{condition: client.ErrInvalidOption, status: http.StatusBadRequest},
	{condition: client.ErrTooFarAhead, status: http.StatusBadRequest},
	{condition: client.ErrInvalidToken, status: http.StatusBadRequest},
	{condition: client.ErrInvalidName, status: http.StatusBadRequest},
	{condition: client.ErrPayloadTooLarge, status: http.StatusRequestEntityTooLarge},
}

// problemOf returns the problem for an error. An error that is no fault of the caller is not
// told to the caller.
func (x *exchange) problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	for _, reply := range append(x.route.replies(), replies...) {
		if errors.Is(err, reply.condition) {
			p := problemf(reply.status, "%s", err)
			p.headline = reply.headline
			if reply.status == http.StatusServiceUnavailable {
				p.retryAfter = 5
			}
			return p
		}
	}
	if errors.Is(err, context.Canceled) && errors.Is(x.ctx().Err(), context.Canceled) {
		return problemf(statusGone, "who asked has gone away")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return problemf(http.StatusGatewayTimeout, "the hub did not answer in time (request %s)", x.requestID)
	}
	return problemf(http.StatusInternalServerError, "something went wrong here; the log of the worker says what (request %s)", x.requestID)
}

// fail answers with an error.
func (x *exchange) fail(err error) {
	p := x.problemOf(err)
	if p.isOurs() {
		x.failure = err
	}
	if x.w.status != 0 {
		// The answer has begun: it can only be broken off.
		panic(http.ErrAbortHandler)
	}
	if p.retryAfter > 0 {
		x.w.Header().Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	for _, name := range []string{"Location", continuationToken} {
		x.w.Header().Del(name)
	}
	drain(x)
	p.message = x.api.redact.Replace(p.message)
	if x.isLink() || p.link == linkAltered && x.wantsHTML() {
		_ = x.page(p.status, trouble(x, p))
		return
	}
	if x.route.isPlain(p.status) {
		_ = x.json(p.status, p.message)
		return
	}
	_ = x.json(p.status, p.body())
}

// isOurs reports whether the fault is on this side, so that the error belongs into the log.
func (p *problem) isOurs() bool {
	return p.status >= http.StatusInternalServerError && p.status != http.StatusNotImplemented && p.retryAfter == 0
}
