package httpapi

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"
)

var validRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// requestID returns the id that the caller has given the request, or else a new one.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); validRequestID.MatchString(id) {
		return id
	}
	return strings.ToLower(rand.Text()[:16])
}
