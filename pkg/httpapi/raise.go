package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// raise raises an event: POST instances/{id}/raiseEvent/{event}.
func raise(x *exchange) error {
	if x.grant != nil {
		return raiseByLink(x)
	}
	wait, waits, err := x.query.seconds("wait")
	if err != nil {
		return refuse(x, err)
	}
	payload, err := jsonPayload(x)
	if err != nil {
		return refuse(x, err)
	}
	if !waits {
		if err := postEvent(x, payload, idempotencyKeyOf(x)); err != nil {
			return err
		}
		x.status(http.StatusAccepted)
		return nil
	}
	outcome, err := raiseAndWait(x, payload, idempotencyKeyOf(x), wait)
	if err != nil {
		return err
	}
	return showOutcome(x, outcome)
}

// jsonPayload returns the body, which must be JSON and have the content type of JSON.
func jsonPayload(x *exchange) (json.RawMessage, error) {
	media, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return nil, onlyJSON()
	}
	payload, err := x.body.json()
	if err == nil && len(payload) == 0 {
		err = notJSON("the body is empty, which is not JSON: send null for no payload")
	}
	return payload, err
}

func onlyJSON() *problem {
	p := problemf(http.StatusBadRequest, "the content type must be application/json")
	p.headline = "Only application/json request content is supported"
	return p
}

// refuse returns the error wrong, unless there is no such instance or it has ended: that is
// the error then, since it is checked first.
func refuse(x *exchange, wrong error) error {
	instance, err := x.client.Get(x.ctx(), x.id)
	switch {
	case err != nil:
		return err
	case instance.Status.Ended():
		return problemf(http.StatusGone, "%s: %q is %s", client.ErrInstanceEnded, x.id, instance.Status)
	}
	return wrong
}

// precedence puts an error of the client into the order of the checks: an error about the
// event comes after one about the instance.
func precedence(x *exchange, err error) error {
	for _, wrong := range []error{client.ErrInvalidName, client.ErrInvalidPayload, client.ErrPayloadTooLarge} {
		if errors.Is(err, wrong) {
			return refuse(x, err)
		}
	}
	return err
}

func postEvent(x *exchange, payload json.RawMessage, eventID string) error {
	return precedence(x, x.client.Raise(x.ctx(), x.id, x.event, payload, client.WithEventID(eventID)))
}

// findRaised returns the event of that id in the instance's history, nil if there is none.
func findRaised(x *exchange, eventID string) *client.Event {
	events, err := x.client.History(x.ctx(), x.id)
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(events, func(e client.Event) bool {
		return e.Kind == history.EventRaised && e.ID == eventID && ident.Fold(e.Name) == ident.Fold(x.event)
	})
	if i < 0 {
		return nil
	}
	return &events[i]
}

// raiseAndWait raises the event and waits until it is taken in. The outcome is nil if the
// event is stored and was not taken in in time.
func raiseAndWait(x *exchange, payload json.RawMessage, eventID string, wait time.Duration) (*client.Outcome, error) {
	if eventID == "" {
		eventID = rand.Text()
	}
	ctx, cancel, err := x.waitContext(wait)
	if err != nil {
		return nil, err
	}
	defer cancel()
	outcome, err := x.client.RaiseWithReceipt(ctx, x.id, x.event, payload, client.WithEventID(eventID))
	isOver := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	switch {
	case err == nil:
		return &outcome, nil
	case errors.Is(err, client.ErrNotTakenIn) && x.ctx().Err() == nil:
		if !isOver {
			x.failure = err
		}
		return nil, nil // no outcome is known, and the event is stored
	case !isOver || !x.timedOut(ctx):
		return nil, precedence(x, err)
	}
	// The wait may have ended before the event was stored or after. Raised again with the same
	// id the event is one all the same. The first may have ended the instance already.
	err = postEvent(x, payload, eventID)
	if errors.Is(err, client.ErrInstanceEnded) && findRaised(x, eventID) != nil {
		err = nil
	}
	return nil, err
}

// showOutcome answers with the outcome of an event, nil if it is not known yet.
func showOutcome(x *exchange, outcome *client.Outcome) error {
	status := http.StatusOK
	if outcome == nil {
		status = http.StatusAccepted
	}
	return x.json(status, struct {
		Outcome *client.Outcome `json:"outcome"`
	}{outcome})
}
