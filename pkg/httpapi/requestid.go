package httpapi

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"
)

var validRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// requestID returns what the caller calls the request, or else a new name.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); validRequestID.MatchString(id) {
		return id
	}
	return strings.ToLower(rand.Text()[:16])
}
