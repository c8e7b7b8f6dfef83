package httpapi

import (
	"net/http"
	"net/url"
)

// failingParameter is the parameter by which a caller asks that a failed instance is answered
// with 500.
const failingParameter = "returnInternalServerErrorOnFailure"

// links writes the URLs of an instance for one caller: for the hub that the caller has chosen
// and with the key that it has presented.
type links struct {
	// root is the beginning of all URLs of this API.
	root, hub, connection, key string
	// failing is set if the caller wants failures to be answers of 500.
	failing bool
}

func newLinks(x *exchange) links {
	l := links{root: root(x), hub: x.hub, connection: x.query.text("connection")}
	if x.key != nil {
		l.key = x.key.Secret
	}
	l.failing, _ = x.query.flag(failingParameter, false)
	return l
}

// to returns the URL of an action on an instance. Its parameters stand in the order of Durable
// Functions, whose clients replace parts of the URL by their places.
func (l links) to(id, action, parameters string) string {
	parameters += "taskHub=" + url.QueryEscape(l.hub)
	if l.connection != "" {
		parameters += "&connection=" + url.QueryEscape(l.connection)
	}
	if l.key != "" {
		parameters += "&code=" + url.QueryEscape(l.key)
	}
	return l.root + base + "/instances/" + url.PathEscape(id) + action + "?" + parameters
}

// status returns the URL of an instance's status.
func (l links) status(id string) string {
	link := l.to(id, "", "")
	if l.failing {
		link += "&" + failingParameter + "=true"
	}
	return link
}

// checkStatus is the body of the answer to a start: the URLs of what can be done next.
type checkStatus struct {
	ID                    string `json:"id"`
	StatusQueryGetURI     string `json:"statusQueryGetUri"`
	SendEventPostURI      string `json:"sendEventPostUri"`
	TerminatePostURI      string `json:"terminatePostUri"`
	PurgeHistoryDeleteURI string `json:"purgeHistoryDeleteUri"`
	RestartPostURI        string `json:"restartPostUri"`
	SuspendPostURI        string `json:"suspendPostUri"`
	ResumePostURI         string `json:"resumePostUri"`
	RewindPostURI         string `json:"rewindPostUri"`
}

// checkStatus returns all URLs of an instance.
func (l links) checkStatus(id string) checkStatus {
	const reason = "reason={text}&"
	return checkStatus{
		ID:                    id,
		StatusQueryGetURI:     l.status(id),
		SendEventPostURI:      l.to(id, "/raiseEvent/{eventName}", ""),
		TerminatePostURI:      l.to(id, "/terminate", reason),
		PurgeHistoryDeleteURI: l.to(id, "", ""),
		RestartPostURI:        l.to(id, "/restart", ""),
		SuspendPostURI:        l.to(id, "/suspend", reason),
		ResumePostURI:         l.to(id, "/resume", reason),
		RewindPostURI:         l.to(id, "/rewind", reason),
	}
}

// showCheckStatus answers 202 with the URLs of the instance.
func showCheckStatus(x *exchange, id string) error {
	links := newLinks(x)
	x.w.Header().Set("Location", links.status(id))
	x.w.Header().Set("Retry-After", "10")
	return x.json(http.StatusAccepted, links.checkStatus(id))
}

// root returns the beginning of the URLs that the caller can use.
func root(x *exchange) string {
	if x.api.config.PublicURL != "" {
		return x.api.config.PublicURL
	}
	if x.r.Host == "" {
		return "" // HTTP/1.0 has no Host header; the caller knows where it has asked
	}
	scheme := "http"
	if x.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + x.r.Host
}
