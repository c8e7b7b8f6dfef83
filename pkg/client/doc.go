// Package client starts orchestrations on a hub, raises events on them, and tells how they
// are.
//
// A [Client] needs nothing but a [Hub]. It has no connection or goroutine of its own, and its
// methods may be called from many goroutines at once:
//
//	hub, err := jetstream.OpenExisting(ctx, connection, jetstream.Config{Name: "default"})
//	...
//	c := client.New(hub)
//	id, err := c.Start(ctx, "BudgetApproval", Budget{Amount: 100})
//	err = c.Raise(ctx, id, "Approval", true)
//	instance, err := c.Wait(ctx, id)
//	fmt.Println(instance.Status, string(instance.Output))
//
// The methods take names, so they reach code that is elsewhere. For orchestrators and events
// of the same program the functions [Start] and [Raise] take the handles of package
// orchestration instead, and a wrong input or payload does not compile:
//
//	id, err := client.Start(ctx, c, BudgetApproval, Budget{Amount: 100})
//	err = client.Raise(ctx, c, id, Approval, true)
//
// What belongs to the whole hub is apart: [Client.Queues], [Client.Settings] and
// [Client.Registry].
//
// # Promises
//
// Of many callers that start one id at once exactly one succeeds; the others get
// [ErrInstanceExists]. An event for which Raise has returned nil is stored: it reaches the
// instance even if no worker runs now. An event that Raise refuses with [ErrInstanceNotFound]
// or [ErrInstanceEnded] was not sent.
//
// Starting, raising, terminating, suspending, resuming and rewinding need no worker: they
// return when the request is stored. It takes effect, in the order of the requests, when a
// worker comes to it. Only [Client.RaiseWithReceipt], the Wait methods, [Client.Watch], a
// start with [TerminateLive], and a purge or start over an instance that has just ended wait
// for a worker.
//
// # Payloads
//
// Inputs and payloads are JSON. A [json.RawMessage] is checked and sent as it is; any other
// value is marshalled; nil is no payload at all.
//
// # Errors
//
// When the hub cannot be reached every method returns the hub's error, wrapped; when the
// context ends first, the context's error. The methods say what is left open then. All other
// conditions have a sentinel in this package for [errors.Is].
package client
