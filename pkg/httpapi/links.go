package httpapi

import (
	"net/http"
	"net/url"
)

// checkStatus is the payload that a start is answered with: where to go on.
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

// checkStatus answers 202 and where to go on.
func (x *exchange) checkStatus(id string) error {
	const reason = "reason={text}&"
	status := x.statusLink(id)
	x.w.Header().Set("Location", status)
	x.w.Header().Set("Retry-After", "10")
	return x.json(http.StatusAccepted, checkStatus{
		ID:                    id,
		StatusQueryGetURI:     status,
		SendEventPostURI:      x.link(id, "/raiseEvent/{eventName}", ""),
		TerminatePostURI:      x.link(id, "/terminate", reason),
		PurgeHistoryDeleteURI: x.link(id, "", ""),
		RestartPostURI:        x.link(id, "/restart", ""),
		SuspendPostURI:        x.link(id, "/suspend", reason),
		ResumePostURI:         x.link(id, "/resume", reason),
		RewindPostURI:         x.link(id, "/rewind", reason),
	})
}

// statusLink returns the URL of an instance's status. Where the caller wants failures to
// be answers of 500 he gets them there, too.
func (x *exchange) statusLink(id string) string {
	const failing = "returnInternalServerErrorOnFailure"
	link := x.link(id, "", "")
	if wanted, _ := x.query.flag(failing, false); wanted {
		link += "&" + failing + "=true"
	}
	return link
}

// link returns the URL of what can be done with an instance, as this caller may do it:
// with the key that was presented. Its parameters stand in the order of the original,
// whose clients replace parts of them by their places.
func (x *exchange) link(id, action, parameters string) string {
	parameters += "taskHub=" + url.QueryEscape(x.hub)
	if connection := x.query.text("connection"); connection != "" {
		parameters += "&connection=" + url.QueryEscape(connection)
	}
	if x.code != "" {
		parameters += "&code=" + url.QueryEscape(x.code)
	}
	return x.root() + base + "/instances/" + url.PathEscape(id) + action + "?" + parameters
}

// root is what the caller's URLs begin with.
func (x *exchange) root() string {
	if x.api.config.PublicURL != "" {
		return x.api.config.PublicURL
	}
	if x.r.Host == "" {
		return "" // HTTP/1.0: it knows itself where it asked
	}
	scheme := "http"
	if x.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + x.r.Host
}
