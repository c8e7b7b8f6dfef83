package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

// route is one thing that can be asked for.
type route struct {
	method string
	// pattern is the path; {id}, {name} and {event} stand for any segment.
	pattern string
	// parameters of the query besides those of all routes, and headers that are read:
	// its handler sees no others.
	parameters []string
	headers    []string
	scope      access.Scope
	// open routes need no key.
	open   bool
	handle func(*exchange) error
	// signed is set where a signed URL may stand in for a key, and is then asked for
	// even without; onlySigned where nothing else will do.
	signed, onlySigned bool
	// long routes may take their time, and so may those that are asked to wait.
	long bool
	// heavy routes read many instances, or much of one.
	heavy bool
	// own are the replies that are other ones here than elsewhere.
	own []reply
	// plain are the statuses of problems that are told as a string of JSON: clients of
	// the original show what they get there.
	plain []int

	segments []string
}

func (r *route) replies() []reply {
	if r == nil {
		return nil
	}
	return slices.Clip(r.own)
}

// isPlain reports whether a problem of that status is told as a string.
func (r *route) isPlain(status int) bool { return r != nil && slices.Contains(r.plain, status) }

func isVariable(segment string) bool { return strings.HasPrefix(segment, "{") }

// matches reports whether a path is the route's. The fixed words match in any case,
// as they do in the original.
func (r *route) matches(segments []string) bool {
	return slices.EqualFunc(r.segments, segments, func(want, got string) bool {
		return isVariable(want) || strings.EqualFold(want, got)
	})
}

// findRoutes returns the routes of a path, which may differ by their methods only. A
// signed URL is a resource of its own, on which more can be done.
func findRoutes(segments []string, query string) []*route {
	given, _ := parseQuery(query) // whether it can be read is looked at later
	signed := given.text("sig") != ""
	var found []*route
	for _, r := range routes {
		if r.matches(segments) && (signed || !r.onlySigned) {
			found = append(found, r)
		}
	}
	return found
}

// chooseRoute returns the route for the method, nil for none.
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

// methods lists what can be done with a path.
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
