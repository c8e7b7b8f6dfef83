package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// problem is what a caller is told that something is wrong.
type problem struct {
	status  int
	message string
	// retryAfter is in seconds, 0 for nothing said.
	retryAfter int
}

// Error returns the message.
func (p *problem) Error() string { return p.message }

// message is a problem in JSON.
type message struct{ Message string }

func problemf(status int, format string, args ...any) *problem {
	return &problem{status: status, message: fmt.Sprintf(format, args...)}
}

func busy(why string) *problem {
	return &problem{status: http.StatusServiceUnavailable, message: why + ": try again later", retryAfter: 1}
}

// reply is what a condition of the client becomes.
type reply struct {
	condition error
	status    int
}

// statusGone is for the log: who asked has gone, and gets no answer any more.
const statusGone = 499

// replies are those of all routes that do not say otherwise.
var replies = []reply{
	{client.ErrInstanceNotFound, http.StatusNotFound},
	{client.ErrInstanceEnded, http.StatusGone},
	{client.ErrInstanceExists, http.StatusConflict},
	{client.ErrInstanceLive, http.StatusPreconditionFailed},
	{client.ErrInstanceNotFailed, http.StatusPreconditionFailed},
	{client.ErrNotRewindable, http.StatusPreconditionFailed},
	{client.ErrInstanceUnsettled, http.StatusServiceUnavailable},
	{client.ErrUnknownOrchestrator, http.StatusBadRequest},
	{client.ErrInvalidPayload, http.StatusBadRequest},
	{client.ErrInvalidOption, http.StatusBadRequest},
	{client.ErrTooFarAhead, http.StatusBadRequest},
	{client.ErrInvalidToken, http.StatusBadRequest},
	{client.ErrInvalidName, http.StatusBadRequest},
	{client.ErrPayloadTooLarge, http.StatusRequestEntityTooLarge},
}

// problemOf returns what an error becomes. What is nobody's fault but ours is not told
// to the caller.
func (x *exchange) problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	for _, reply := range append(x.route.replies(), replies...) {
		if errors.Is(err, reply.condition) {
			p := problemf(reply.status, "%s", err)
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
	if p.status >= http.StatusInternalServerError && p.retryAfter == 0 {
		x.failure = err
	}
	if x.w.status != 0 {
		// The answer has begun: all that is left is to break it off.
		panic(http.ErrAbortHandler)
	}
	if p.retryAfter > 0 {
		x.w.Header().Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	for _, name := range []string{"Location", continuationToken} {
		x.w.Header().Del(name)
	}
	p.message = x.api.redact.Replace(p.message)
	if x.isLink() {
		_ = x.page(p.status, page{Trouble: p.trouble()})
		return
	}
	_ = x.json(p.status, message{p.message})
}
