package httpapi

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"
)

// misprint is where the query begins in a path that has an "&" in the place of "?",
// as an old document prints it: .../raiseEvent/Approval&code=XXX.
var misprint = regexp.MustCompile(`(?i)^(.*/instances/[^/]*/raiseEvent/[^/&]*(?:&[^/&]*)*?)&((?:code|taskHub|connection)=.*)$`)

// split returns the segments of the request's path, each as it was sent, and its
// query. A slash at the end is left away.
func split(r *http.Request) (segments []string, query string) {
	// EscapedPath would decode and encode again what is not encoded as it does it, and
	// with it a "%2F", which then is a slash.
	path, query := cmp.Or(r.URL.RawPath, r.URL.EscapedPath()), r.URL.RawQuery
	if parts := misprint.FindStringSubmatch(path); parts != nil {
		path = parts[1]
		if query != "" {
			query = "&" + query
		}
		query = parts[2] + query
	}
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	return strings.Split(path, "/"), query
}
