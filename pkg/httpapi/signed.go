package httpapi

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/access"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// receiptWait is how long the page waits to tell a person whether the answer is the first one.
const receiptWait = 5 * time.Second

// altered is the problem of a signed URL that does not verify: see [access.Keys.Verify].
func altered() *problem {
	p := problemf(http.StatusForbidden, "this link is not valid: it was altered, or its key was taken away")
	p.link = linkAltered
	return p
}

// used is the problem of a link that is good once and has raised its event.
func used(sent *client.Event) *problem {
	p := problemf(http.StatusGone, "this link was good for one event, which was raised at %s", sent.Time.UTC().Format(time.RFC3339))
	p.link, p.sent = linkUsed, sent
	return p
}

// isRemnant reports whether a person has opened a signed URL that has lost its end: mail
// programs and people cut long URLs.
func isRemnant(x *exchange, given query) bool {
	looks := x.r.Method == http.MethodGet || x.r.Method == http.MethodHead
	return looks && x.wantsHTML() && x.route.signed && len(given.only(signedParameters)) > 0
}

// confirm asks a person whether to raise the event: GET instances/{id}/raiseEvent/{event}
// with a signature. It changes nothing, since mail programs fetch links to scan them.
func confirm(x *exchange) error {
	if err := refuse(x, nil); err != nil {
		return orUsed(x, err)
	}
	if sent := sentByLink(x); sent != nil {
		return used(sent)
	}
	return x.page(http.StatusOK, newForm(x.grant, time.Now()))
}

// sentByLink returns the event that a link which is good once has raised, nil if it has
// raised none yet.
func sentByLink(x *exchange) *client.Event {
	if !x.grant.Once {
		return nil
	}
	return findRaised(x, x.grant.EventID())
}

// orUsed returns the error, or the problem of a used link if the instance has ended and this
// link has raised its event.
func orUsed(x *exchange, err error) error {
	p := x.problemOf(err)
	if p.status != http.StatusGone || !x.isLink() {
		return err
	}
	if sent := sentByLink(x); sent != nil {
		return used(sent)
	}
	return err
}

// raiseByLink raises the event that the URL was signed for.
func raiseByLink(x *exchange) error {
	payload, err := linkPayload(x)
	if err != nil {
		return orUsed(x, refuse(x, err))
	}
	if x.isLink() {
		return raiseForPerson(x, payload)
	}
	eventID := x.grant.EventID()
	if eventID == "" {
		eventID = idempotencyKeyOf(x)
	}
	if err := postEvent(x, payload, eventID); err != nil {
		return err
	}
	x.status(http.StatusAccepted)
	return nil
}

// raiseForPerson raises the event and shows a page that says so. Of two answers by a link that
// is good once, the second is told that it came too late, however soon after the first it was
// sent.
func raiseForPerson(x *exchange, payload json.RawMessage) error {
	if !x.grant.Once {
		if err := postEvent(x, payload, ""); err != nil {
			return err
		}
		return x.page(http.StatusAccepted, newThanks(x.grant, payload))
	}
	outcome, err := raiseAndWait(x, payload, x.grant.EventID(), receiptWait)
	if err != nil {
		return orUsed(x, err)
	}
	if outcome != nil && *outcome == client.Duplicate {
		if sent := sentByLink(x); sent != nil {
			return used(sent)
		}
	}
	return x.page(http.StatusAccepted, newThanks(x.grant, payload))
}

// linkPayload returns the payload of the event: the one that was signed, otherwise the one that
// was sent, as JSON or by the form of the page.
func linkPayload(x *exchange) (json.RawMessage, error) {
	if x.grant.Payload != nil {
		return x.grant.Payload, nil
	}
	if !isForm(x.r.Header) {
		return jsonPayload(x)
	}
	data, err := x.body.bytes()
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(data))
	if err != nil {
		return nil, unanswered("the form is not properly encoded", "The form did not arrive whole. Please send it again.")
	}
	x.typed = form.Get(fieldPayload)
	payload, err := formPayload(form, x.grant.Page.Answer)
	if err == nil && len(payload) > x.api.config.MaxBody {
		return nil, tooLarge(x.api.config.MaxBody)
	}
	return payload, err
}

// formPayload returns the payload that a form stands for.
func formPayload(form url.Values, wanted access.Answer) (json.RawMessage, error) {
	if wanted == access.AnswerYesNo {
		switch form.Get(fieldAnswer) {
		case answerYes:
			return json.RawMessage("true"), nil
		case answerNo:
			return json.RawMessage("false"), nil
		}
		return nil, unanswered("the form has no answer: yes or no", "Please press one of the two buttons.")
	}
	if !form.Has(fieldPayload) { // JSON with the content type that programs send by default
		return nil, unanswered("the form has no payload: to send JSON, the content type must be application/json", "Please write an answer.")
	}
	typed := strings.TrimSpace(strings.ReplaceAll(form.Get(fieldPayload), "\r\n", "\n"))
	if typed == "" {
		return nil, unanswered("the payload is empty", "Please write an answer before you send it.")
	}
	if wanted == access.AnswerText || form.Get(fieldAs) == asWords {
		return marshal(typed)
	}
	payload := trim([]byte(typed))
	if err := checkJSON(payload); err != nil {
		p := unanswered(err.Error(), "This is not JSON. Check its quotes and brackets; or, if you mean it as plain words, send it as such.")
		p.words = true
		return nil, p
	}
	return payload, nil
}

// unanswered is the problem of a form without an answer, in words for programs and for people.
func unanswered(message, human string) *problem {
	p := problemf(http.StatusBadRequest, "%s", message)
	p.human = human
	return p
}

// isForm reports whether the body is that of a form.
func isForm(header http.Header) bool {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && media == "application/x-www-form-urlencoded"
}
