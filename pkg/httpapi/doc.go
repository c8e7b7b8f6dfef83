// Package httpapi serves the instances of a hub over HTTP: the management API that
// clients of Durable Functions speak, and what that one lacks.
//
// An [API] is an [http.Handler] over one or more hubs; a [Server] listens, serves it
// and drains it. docs/http.md has every route, parameter, header and status code, and
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
// The request gets an id. Its path, as it was sent, is matched with the routes: 404 and
// 405 come from here. Then the key is looked at (401, 403), then the hub (404); the body
// is read (408); and then the route's own checks run, in the order of its documentation.
// A handler returns what goes wrong as an error; [problem] turns it into a status code and
// a JSON message, or, for a person with a signed link, into a [page].
//
// A request that net/http cannot read comes to no handler. Each connection with HTTP/1 has
// a [guard], which answers it as all others.
//
// # Who is let in
//
// Without keys whoever can connect may do everything; [Listen] therefore refuses any
// other address than loopback then, and the API refuses what a browser sends on behalf
// of another site. With [access.Keys] each request needs one, whose scopes and hubs must allow
// what is asked for; or it is a raise by a URL that somebody signed with a key: see
// [access.Grant]. No key is ever written into a log or an error message.
package httpapi
