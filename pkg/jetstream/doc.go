// Package jetstream keeps a hub on NATS JetStream. It is the only package that knows NATS: the
// engine and the client use the interfaces of internal/hub, and [Hub] implements them.
//
// A [Hub] is opened on a connection, by [Open] in a worker and by [OpenExisting] in every other
// program. The connection comes from [Connect], or from an [Embedded] server within the
// process.
//
// # Where things are
//
//	internal/wire   every message that is said or kept, as a table of verbs; pure
//	internal/pull   the feed that reads a consumer, as a state machine
//	hub.go          a hub and its parts: one part for each interface of internal/hub
//	connection.go   the server: publishing, requests of the JetStream API, interruptions
//	setup.go        the streams of a hub: made, found, brought up to date
//	embedded.go     a NATS server within the process
//
// # What is stored
//
// The hub called "h" has these streams:
//
//	h-control    messages to instances                         work queue
//	h-timer      timers of instances, set and due              work queue
//	KV_h         records, sealed history, names, settings      one value a key
//	h-activity   activities to run                             work queue
//	h-queue      messages that trigger functions, and poison   work queue
//	KV_h-fleet   leases, with a time to live                   one value a key
//	h-dead       messages that could not be read or routed     30 days
//
// A publisher sends to h.to.<instance>.<verb>[.<argument>] and needs to know no more. As the
// server stores the message it renames it to h.control.<partition>.<instance>.<verb>…, where
// the partition is a hash of the instance's token. Tokens write ids and names in a form that
// subjects can hold. Each id has exactly one token, so all messages to an instance are in one
// partition, in the order in which they were stored. The metadata of h-control say how many
// partitions there are and in which format the hub is kept.
//
// The record of an instance is the one message at $KV.h.<instance>, and its revision is the
// number of that message in the stream. A commit is a single publish that the server refuses if
// the last number at the subject is another than expected. Status, name, tags and times stand in
// the headers too, so a listing never decodes a record. Sealed events are at
// $KV.h.<instance>.<key>. A record that only keeps events for an instance to come has a time to
// live.
//
// A timer is a message schedule of the server: a message at
// h.timer.<instance>.<execution>.<task> that at its time becomes a message at
// h.due.<instance>.<execution>.<task>. The owner of partition 0 hands it on, as
// h.to.<instance>.fired.<task>. An activity is at h.activity.<name>.<instance>.<task>.
//
// A message of a queue is at h.queue.<name>, and, once it is poisoned, at h.poison.<name>, where
// no consumer sees it.
//
// Everything in a message except its payload is in headers. Each verb has its own headers, and
// all others are ignored: permissions are given by subject, that is by verb. So a start that may
// replace something is another verb: restart, replace, claim, child.
//
// # Delivery
//
// Every consumer is read through a feed, which keeps a bounded number of messages on their way
// and never hides trouble: it ends on a reconnect, on silence, when the consumer is gone, and
// where a message is missing. Numbers of deliveries rise by one; a feed counts them. Its reader
// begins anew:
//
//	partition        ends; its owner opens it again     everything unacked comes again, in order
//	activities,      begin again by themselves          lost ones come again when their time is up
//	queues
//	leases           begin again by themselves          with the whole state, so nothing is missed
//
// Watches and scans need no consumer. The server publishes each change of a record, and one
// subscription hears them for all watches; if changes may have been missed, all waiters are woken.
// A scan asks for one batch of records after the other. It ends with an error if a batch does not
// come whole, and its caller goes on from the cursor.
//
// To open a partition is to delete its consumer, called partition-<n>-<secret>, and make another.
// The server then forgets the requests of the owner before, and refuses further ones: requests
// must name the consumer's priority group, and each owner has its own.
//
// # Guarantees
//
// A method that stores returns when the server has the message: written to the file of a single
// server, or to those of a majority of the replicas. A single server then keeps it when its
// process ends. To survive the loss of power as well it must run with sync_interval: always, see
// [EmbeddedConfig]. An error that is none of the sentinels leaves open what happened: everything
// that can be repeated may be repeated.
//
//   - A commit succeeds at most once for each revision, whoever else believes to
//     be the owner.
//   - A control message is delivered until it is acked. Acks are not waited for;
//     a lost one brings the message again.
//   - Activities and their results carry message ids, and so do starts and events
//     that one instance sends another. The server remembers them for two minutes:
//     within that time a repeat is not stored. The ids of publishers' events are never
//     message ids, since the server would take the same id at another instance for
//     a repeat. A publisher that sets Nats-Msg-Id itself should know that.
//   - A start stores its message before its claim. The message without the claim
//     starts the instance all the same; a claim whose message was not stored is
//     taken back.
//   - A receipt is a plain message, to an inbox and nowhere else. It may be lost.
//   - A timer fires at its time or up to about a second later, never before.
//
// # Failure handling
//
// A connection made here is repaired however long that takes. Meanwhile every call fails at once,
// by [ErrNotConnected], and [Hub.Reach] says when to try again.
//
// A server that has no room left refuses to store messages, by [ErrStorage], or, if it could not
// write to its files, gives no answer. [Hub.Check] tells whether the hub is there.
//
// A message that cannot be read is moved to h-dead, with the reason, the subject and the number
// in its headers, and only then acked.
//
// # Caveats
//
// The server answers to any subject that a request names, and does not check whether the sender
// may publish there. A login that is not trusted with the hub belongs in an account of its own:
// see deploy/nats. Messages that are found to be such answers are refused.
//
// The names of consumers, and the message ids that others could guess and use up, are made
// from a secret of the hub, so that nobody can
// make the server drop or divert messages by guessing them. The secret is in the fleet bucket,
// which only workers may read.
//
// An [Embedded] server asks for no login unless it is told to, and listens on loopback then:
// every user of the computer can do everything there.
package jetstream
