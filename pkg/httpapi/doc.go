// Package httpapi serves the instances of a hub over HTTP: the management API that clients of
// Durable Functions speak, and what that API lacks.
//
// An [API] is an [http.Handler] over one or more hubs; a [Server] listens, serves it and
// drains it. docs/http.md has every route, parameter, header and status code, and
// /openapi.json the same for programs:
//
//	api, err := httpapi.New(httpapi.Config{Hubs: map[string]*client.Client{"default": c}})
//	...
//	server, err := httpapi.Listen(httpapi.ServerConfig{Address: "127.0.0.1:7071", API: api})
//	...
//	err = server.Run(ctx)
//
// # How a request is answered
//
// The request gets an id. Its path, as it was sent, is matched with the routes (404, 405).
// Then [authorize] checks the key (401, 403) and chooses the hub (404), and [receive] reads
// the body (408). Then the route's handler makes its own checks, in the order of its
// documentation. A handler returns an error for everything that goes wrong; [problem] turns it
// into a status code and a JSON message, or, for a person with a signed link, into a [page].
//
// A request that net/http cannot read reaches no handler. Each connection with HTTP/1 has a
// [guard], which answers such a request as all others are answered.
//
// # Who is let in
//
// Without keys everybody who can connect may do everything. Therefore [Listen] refuses any
// other address than loopback then, and the API refuses requests that a browser sends on
// behalf of another site. With [access.Keys] each request needs a key whose scopes and hubs
// allow it; or it raises an event by a URL that somebody has signed with a key: see
// [access.Grant]. No key is ever written into a log or an error message.
package httpapi
