package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

// route is a method and a path, and the handler for it.
type route struct {
	method string
	// pattern is the path; {id}, {name} and {event} stand for any segment.
	pattern string
	// parameters are those of the query besides those of all routes, and headers are the
	// headers that are read. The handler sees no others.
	parameters []string
	headers    []string
	scope      access.Scope
	// open is set for a route that needs no key.
	open   bool
	handle func(*exchange) error
	// signed is set for a route that takes a signed URL instead of a key, which is checked
	// even if the API has no keys. onlySigned is set for one that takes nothing else.
	signed, onlySigned bool
	// long is set for a route that may take long, as every route does that is asked to wait.
	long bool
	// heavy is set for a route that reads many instances, or much of one.
	heavy bool
	// own has the replies in which the route differs from others.
	own []reply
	// plain has the statuses whose problems are told as a JSON string: clients of Durable
	// Functions show it.
	plain []int

	segments []string
}

func (r *route) replies() []reply {
	if r == nil {
		return nil
	}
	return slices.Clip(r.own)
}

// isPlain reports whether a problem of that status is told as a JSON string.
func (r *route) isPlain(status int) bool { return r != nil && slices.Contains(r.plain, status) }

func isVariable(segment string) bool { return strings.HasPrefix(segment, "{") }

// matches reports whether a path is the route's. The fixed words match in any case, as in
// Durable Functions.
func (r *route) matches(segments []string) bool {
	return slices.EqualFunc(r.segments, segments, func(want, got string) bool {
		return isVariable(want) || strings.EqualFold(want, got)
	})
}

// findRoutes returns the routes of a path, which differ by their methods. A signed URL has
// more routes than its path has without the signature.
func findRoutes(segments []string, query string) []*route {
	given, _ := parseQuery(query) // a query that cannot be read is refused later
	signed := given.text("sig") != ""
	var found []*route
	for _, r := range routes {
		if r.matches(segments) && (signed || !r.onlySigned) {
			found = append(found, r)
		}
	}
	return found
}

// chooseRoute returns the route for the method, nil if there is none.
func chooseRoute(found []*route, method string) *route {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, r := range found {
		if r.method == method {
			return r
		}
	}
	return nil
}

// methods lists the methods of a path.
func methods(found []*route) string {
	names := []string{http.MethodOptions}
	for _, r := range found {
		names = append(names, r.method)
		if r.method == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
