package httpapi

import (
	"net/http"
	"slices"
	"strings"
)

// cors are the origins of web pages that may call the API from a browser.
type cors []string

// exposed are the headers that a page may read besides those that every page may read.
var exposed = []string{"Location", "Retry-After", continuationToken, "X-Request-Id", idempotentReplayed}

// answer writes the headers that tell a browser whether the page may call the API.
func (c cors) answer(header http.Header, r *http.Request, found []*route) {
	if len(c) == 0 {
		return
	}
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !c.allows(origin) {
		return
	}
	header.Set("Access-Control-Allow-Origin", origin)
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		header.Set("Access-Control-Allow-Methods", methods(found))
		header.Set("Access-Control-Allow-Headers", strings.Join([]string{"Content-Type", idempotencyKey, keyHeader, continuationToken, "X-Request-Id", lastEventID}, ", "))
		header.Set("Access-Control-Max-Age", "600")
		return
	}
	header.Set("Access-Control-Expose-Headers", strings.Join(exposed, ", "))
}

// refuses reports whether the request is a browser's question whether a page may call the API,
// and the page may not.
func (c cors) refuses(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != "" && !c.allows(origin)
}

func (c cors) allows(origin string) bool {
	return slices.ContainsFunc(c, func(allowed string) bool { return allowed == "*" || strings.EqualFold(allowed, origin) })
}
