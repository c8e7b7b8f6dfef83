package httpapi

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/access"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// receiptWait is how long a person waits to be told whether an answer is the first one.
const receiptWait = 5 * time.Second

// admitGrant lets in who has a signed URL.
func (x *exchange) admitGrant() error {
	if x.chooseHub(x.query.text("taskHub")) != nil {
		return altered()
	}
	g, key, err := x.api.config.Keys.Verify(x.hub, x.id, x.event, x.query.values(), time.Now())
	switch {
	case errors.Is(err, access.ErrLinkExpired):
		x.grant, x.keyName = g, key.Name
		p := problemf(http.StatusForbidden, "this link has expired: it was good until %s", g.Until.UTC().Format(time.RFC3339))
		p.scene = sceneExpired
		return p
	case err != nil:
		return altered()
	}
	x.grant, x.keyName = g, key.Name
	return x.checkID()
}

func altered() *problem {
	p := problemf(http.StatusForbidden, "this link is not valid: it was altered, or its key was taken away")
	p.scene = sceneAltered
	return p
}

// used is the problem of a link that is good once and has been used.
func used(sent *client.Event) *problem {
	p := problemf(http.StatusGone, "this link was good for one event, which was raised at %s", sent.Time.UTC().Format(time.RFC3339))
	p.scene, p.sent = sceneUsed, sent
	return p
}

// isLink reports whether the request is that of a person with a signed URL.
func (x *exchange) isLink() bool {
	return x.route != nil && x.route.signed && x.query.text("sig") != "" && (x.r.Method != http.MethodPost || x.wantsHTML())
}

// isRemnant reports whether a person has opened a signed URL of which the end is missing:
// mail programs and people cut long ones.
func (x *exchange) isRemnant(given query) bool {
	looks := x.r.Method == http.MethodGet || x.r.Method == http.MethodHead
	return looks && x.wantsHTML() && x.route.signed && len(given.only(signedParameters)) > 0
}

// confirm asks a person whether to raise the event: GET instances/{id}/raiseEvent/{event}
// with a signature. It changes nothing: mail programs fetch links to look at them.
func confirm(x *exchange) error {
	if err := x.refuse(nil); err != nil {
		return x.orUsed(err)
	}
	if sent := x.sentByGrant(); sent != nil {
		return used(sent)
	}
	return x.page(http.StatusOK, newForm(x.grant, time.Now()))
}

// sentByGrant returns the event of a link that is good once, nil if there is none yet.
func (x *exchange) sentByGrant() *client.Event {
	if !x.grant.Once {
		return nil
	}
	return x.raised(x.grant.EventID())
}

// orUsed says of an instance that has ended, where that is so, that this link was used.
func (x *exchange) orUsed(err error) error {
	p := x.problemOf(err)
	if p.status != http.StatusGone || !x.isLink() {
		return err
	}
	if sent := x.sentByGrant(); sent != nil {
		return used(sent)
	}
	return err
}

// raiseByGrant raises the event that the URL was signed for.
func (x *exchange) raiseByGrant() error {
	payload, err := x.grantPayload()
	if err != nil {
		return x.orUsed(x.refuse(err))
	}
	if x.isLink() {
		return x.raiseForPerson(payload)
	}
	eventID := x.grant.EventID()
	if eventID == "" {
		eventID = x.idempotencyKey()
	}
	if err := x.raise(payload, eventID); err != nil {
		return err
	}
	x.status(http.StatusAccepted)
	return nil
}

// raiseForPerson raises the event, and thanks. Of two answers by a link that is good once
// the second is told that it came too late, however soon after the first it was sent.
func (x *exchange) raiseForPerson(payload json.RawMessage) error {
	if !x.grant.Once {
		if err := x.raise(payload, ""); err != nil {
			return err
		}
		return x.page(http.StatusAccepted, newThanks(x.grant, payload))
	}
	outcome, err := x.raiseAndWait(payload, x.grant.EventID(), receiptWait)
	if err != nil {
		return x.orUsed(err)
	}
	if outcome != nil && *outcome == client.Duplicate {
		if sent := x.sentByGrant(); sent != nil {
			return used(sent)
		}
	}
	return x.page(http.StatusAccepted, newThanks(x.grant, payload))
}

// grantPayload returns what is to be raised: what was signed, or what was sent, as JSON
// or by the form of the page.
func (x *exchange) grantPayload() (json.RawMessage, error) {
	if x.grant.Payload != nil {
		return x.grant.Payload, nil
	}
	if !isForm(x.r.Header) {
		return x.payload()
	}
	data, err := x.read()
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
		return nil, x.tooLarge()
	}
	return payload, err
}

// formPayload returns what a form says.
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
	if !form.Has(fieldPayload) { // JSON, sent as what a program sends that is not told otherwise
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

// unanswered is the problem of a form that says nothing, for programs and for people.
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
