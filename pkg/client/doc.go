// Package client starts orchestrations on a hub, raises events on them, and
// tells how they are.
//
// A [Client] needs nothing but a [Hub]. It keeps no connection or goroutine of
// its own, and its methods may be called from many goroutines at once:
//
//	hub, err := jetstream.OpenExisting(ctx, connection, jetstream.Config{Name: "default"})
//	...
//	c := client.New(hub)
//	id, err := c.Start(ctx, "BudgetApproval", Budget{Amount: 100})
//	err = c.Raise(ctx, id, "Approval", true)
//	instance, err := c.Wait(ctx, id)
//	fmt.Println(instance.Status, string(instance.Output))
//
// # Promises
//
// Of many callers that start one id at once exactly one succeeds; the others get
// [ErrInstanceExists]. What Raise has returned nil for is stored: it reaches the
// instance even if no worker runs now. What Raise refuses with
// [ErrInstanceNotFound] or [ErrInstanceEnded] was not sent.
//
// Starting, raising, terminating, suspending, resuming and rewinding need no worker:
// they return when the request is stored, and it takes effect, in the order of the
// requests, when a worker comes to it. What waits for a worker says so:
// [Client.RaiseWithReceipt], the Wait methods, [Client.Watch], and a start with
// [TerminateLive].
//
// # Payloads
//
// Inputs and payloads are JSON. A [json.RawMessage] is checked and sent as it is;
// any other value is marshalled; nil is no payload at all.
//
// # Queues
//
// [Client.SendToQueue] puts a message into a queue, for a function that a worker runs;
// nil again means that it is stored. What no function could deal with is in the poison
// queue, to be looked at by [Client.PeekPoison], and put back by
// [Client.RedrivePoison].
//
// # Errors
//
// Every method returns what the hub returned, wrapped, when the hub cannot be
// reached, and the context's error when that ends first. What is then left open
// is said at the methods. All other conditions have a sentinel in this package,
// to be asked for with [errors.Is].
package client
