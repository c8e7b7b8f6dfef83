package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

// base is the beginning of the paths of the management API.
const base = access.Base

// commonParameters are the parameters of every route that is not open.
var commonParameters = []string{"taskHub", "connection", "code"}

// signedParameters are the parameters of a signed URL.
var signedParameters = []string{"key", "expires", "once", "payload", "sig", "title", "text", "from", "answer", "yes", "no"}

// routes are the routes of the API. Those of one path stand together.
var routes = newRoutes()

func newRoutes() []*route {
	all := slices.Concat(instancesRoutes(), instanceRoutes(), entityRoutes())
	all = append(all, &route{method: http.MethodGet, pattern: "/openapi.json", open: true, handle: openAPI})
	for _, r := range all {
		if !r.open {
			r.pattern = base + r.pattern
			r.parameters = append(r.parameters, commonParameters...)
		}
		if r.signed {
			r.parameters = append(r.parameters, signedParameters...)
		}
		r.segments = strings.Split(strings.TrimPrefix(r.pattern, "/"), "/")
	}
	return all
}

// waiting are the parameters of a route that can wait for the end of the instance that it
// starts.
var waiting = []string{"timeout", "pollingInterval", failingParameter}

// instancesRoutes are the routes that start instances or are about many.
func instancesRoutes() []*route {
	starting := append([]string{"version"}, waiting...)
	return []*route{
		{method: http.MethodPost, pattern: "/orchestrators/{name}", scope: access.ScopeStart, handle: start,
			parameters: starting, headers: []string{idempotencyKey}},
		{method: http.MethodPost, pattern: "/orchestrators/{name}/{id}", scope: access.ScopeStart, handle: start,
			parameters: starting, headers: []string{idempotencyKey}},
		{method: http.MethodGet, pattern: "/instances", scope: access.ScopeRead, handle: list, heavy: true,
			parameters: []string{"instanceIdPrefix", "createdTimeFrom", "createdTimeTo", "runtimeStatus", "showInput", "top"},
			headers:    []string{continuationToken}},
		{method: http.MethodDelete, pattern: "/instances", scope: access.ScopeAll, handle: purgeMany, long: true,
			parameters: []string{"instanceIdPrefix", "createdTimeFrom", "createdTimeTo", "runtimeStatus"}},
	}
}

// instanceRoutes are the routes that are about one instance.
func instanceRoutes() []*route {
	const one = "/instances/{id}"
	reason := []string{"reason"}
	return []*route{
		{method: http.MethodGet, pattern: one, scope: access.ScopeRead, handle: get,
			parameters: []string{"showHistory", "showHistoryOutput", "showInput", failingParameter}},
		{method: http.MethodDelete, pattern: one, scope: access.ScopeAll, handle: purgeOne},
		{method: http.MethodGet, pattern: one + "/events", scope: access.ScopeRead, handle: events, long: true,
			parameters: []string{"showInput"}, headers: []string{lastEventID}},
		{method: http.MethodPost, pattern: one + "/raiseEvent/{event}", scope: access.ScopeRaise, handle: raise, signed: true,
			parameters: []string{"wait"}, headers: []string{idempotencyKey}},
		{method: http.MethodGet, pattern: one + "/raiseEvent/{event}", scope: access.ScopeRaise, handle: confirm, signed: true, onlySigned: true},
		{method: http.MethodPost, pattern: one + "/terminate", scope: access.ScopeAll, handle: terminate, parameters: reason},
		{method: http.MethodPost, pattern: one + "/suspend", scope: access.ScopeAll, handle: suspend, parameters: reason},
		{method: http.MethodPost, pattern: one + "/resume", scope: access.ScopeAll, handle: resume, parameters: reason},
		{method: http.MethodPost, pattern: one + "/rewind", scope: access.ScopeAll, handle: rewind, parameters: reason,
			plain: []int{http.StatusNotFound, http.StatusPreconditionFailed}},
		{method: http.MethodPost, pattern: one + "/restart", scope: access.ScopeAll, handle: restart, own: restartReplies,
			parameters: append([]string{"restartWithNewInstanceId"}, waiting...)},
	}
}

// entityRoutes are the routes of Durable Functions for entities, which Dormouse has not.
func entityRoutes() []*route {
	const one = "/entities/{entity}/{key}"
	return []*route{
		{method: http.MethodGet, pattern: "/entities", handle: noEntities},
		{method: http.MethodGet, pattern: "/entities/{entity}", handle: noEntities},
		{method: http.MethodGet, pattern: one, handle: noEntities},
		{method: http.MethodPost, pattern: one, handle: noEntities},
		{method: http.MethodDelete, pattern: one, handle: noEntities},
	}
}
