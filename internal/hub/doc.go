// Package hub says what Dormouse needs of the place where instances live, and what that
// place promises. It is the seam between the engine and its storage: package jetstream
// implements it on NATS, package memhub in memory, and one suite of tests holds both to
// every promise.
//
// Each promise stands once, at the method that gives it:
//
//   - [Records]: one record an instance, replaced by compare-and-set.
//   - [Inbox]: control messages, in order, partition by partition.
//   - [Outbox]: what a commit wants done.
//   - [Work] and [QueueWork]: activities and messages of queues, handed out to workers.
//   - [Leases]: names that one worker holds at a time.
//   - [Requests], [Changes], [Settings], [Queues]: what clients ask for.
//   - [Registrar]: the names of what workers can run.
//   - [Clock], [Connection] and [Limits]: the base of all the others.
//
// The engine and the client take what they need of these: see [Engine] and [Client].
// A [Message] is what somebody says to an instance; a [Command] is what a commit wants
// done.
package hub
