package httpapi

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
)

// admitGrant lets in who has a signed URL.
func (x *exchange) admitGrant() error {
	bad := problemf(http.StatusForbidden, "this link is not valid, or is not any more")
	if x.chooseHub(x.query.text("taskHub")) != nil {
		return bad
	}
	g, key, err := x.api.config.Keys.Verify(x.hub, x.id, x.event, x.query.values(), x.client.Now(x.ctx()))
	if err != nil {
		return bad
	}
	x.grant, x.keyName = g, key.Name
	return x.checkID()
}

// isLink reports whether the request is that of a person with a signed URL.
func (x *exchange) isLink() bool {
	return x.route != nil && x.route.signed && x.query.text("sig") != "" && (x.r.Method != http.MethodPost || x.wantsHTML())
}

// confirm asks a person whether to raise the event: GET instances/{id}/raiseEvent/{event}
// with a signature. It changes nothing: mail programs fetch links to look at them.
func confirm(x *exchange) error {
	if err := x.refuse(nil); err != nil {
		return err
	}
	return x.page(http.StatusOK, page{Grant: x.grant})
}

// raiseByGrant raises the event that the URL was signed for.
func (x *exchange) raiseByGrant() error {
	payload, err := x.grantPayload()
	if err != nil {
		return x.refuse(err)
	}
	eventID := x.grant.EventID()
	if eventID == "" {
		eventID = x.idempotencyKey()
	}
	if err := x.raise(payload, eventID); err != nil {
		return err
	}
	if x.isLink() {
		return x.page(http.StatusAccepted, page{Grant: x.grant, Done: true})
	}
	x.status(http.StatusAccepted)
	return nil
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
		return nil, problemf(http.StatusBadRequest, "the form is not properly encoded")
	}
	if !form.Has("payload") { // JSON, sent as what a program sends that is not told otherwise
		return nil, problemf(http.StatusBadRequest, "the form has no payload: to send JSON, the content type must be application/json")
	}
	payload := trim([]byte(form.Get("payload")))
	if len(payload) > x.api.config.MaxBody {
		return nil, x.tooLarge()
	}
	return payload, checkJSON(payload)
}

// isForm reports whether the body is that of a form.
func isForm(header http.Header) bool {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && media == "application/x-www-form-urlencoded"
}

// trouble says to a person what is wrong with a link.
func (p *problem) trouble() string {
	switch p.status {
	case http.StatusForbidden:
		return "This link is not valid, or is not any more."
	case http.StatusNotFound, http.StatusGone:
		return "There is nothing to be done here any more."
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return "This cannot be sent: " + p.message + "."
	}
	return "That did not work. Please try again later."
}
