package httpapi

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"
)

// misprint matches a path that has "&" in the place of "?", as an old document prints it:
// .../raiseEvent/Approval&code=XXX. The second group is the query.
var misprint = regexp.MustCompile(`(?i)^(.*/instances/[^/]*/raiseEvent/[^/&]*(?:&[^/&]*)*?)&((?:code|taskHub|connection)=.*)$`)

// split returns the segments of the request's path, each as it was sent, and its query. A
// slash at the end is ignored.
func split(r *http.Request) (segments []string, query string) {
	// For a path with characters that are not encoded in its own way, EscapedPath would decode
	// the path and encode it again, and turn "%2F" into a slash.
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
