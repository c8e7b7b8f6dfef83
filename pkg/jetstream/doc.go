// Package jetstream keeps a hub on NATS JetStream. It is the only package that
// knows NATS: what the dispatcher and the client need of a hub they say in
// interfaces of their own, and [Hub] fulfils both.
//
// A [Hub] is opened on a connection, by [Open] in a worker and by [OpenExisting]
// everywhere else. The connection comes from [Connect], or from an [Embedded]
// server within the process.
//
// # What is stored
//
// The hub called "h" is these streams:
//
//	h-control    what is said to instances                     work queue
//	h-timer      their timers, set and due                     work queue
//	KV_h         the instances, their sealed history, names    one value a key
//	h-activity   activities to run                             work queue
//	h-queue      messages that trigger functions, and poison   work queue
//	KV_h-fleet   leases, with a time to live                   one value a key
//	h-dead       what could not be read or routed              30 days
//
// A publisher says h.to.<instance>.<verb>[.<argument>] and needs to know no more:
// as it stores the message the server renames it to
// h.control.<partition>.<instance>.<verb>…, where the partition is a hash of the
// instance's token. Tokens write ids and names as subjects can hold them; each id
// has exactly one token, so all that concerns an instance is in one partition, in
// the order in which it was stored. The metadata of h-control say how many
// partitions there are and in which format the hub is kept.
//
// The value of an instance is the one message at $KV.h.<instance>, and its
// revision that message's number in the stream. A commit is a single publish that
// the server refuses if the last number at the subject is another than expected.
// Status, name, tags and times stand in the headers too, so a listing never reads a
// value. Sealed events are at $KV.h.<instance>.<key>. A value that only keeps events
// for an instance to come has a time to live.
//
// A timer is a message schedule of the server: a message at
// h.timer.<instance>.<execution>.<task> that at its time becomes one at
// h.due.<instance>.<execution>.<task>. Whoever has partition 0 open hands it on, as
// h.to.<instance>.fired.<task>. An activity is at
// h.activity.<name>.<instance>.<task>.
//
// A message of a queue is at h.queue.<name>, and, once it is poisoned, at
// h.poison.<name>, where no consumer sees it.
//
// What a message says beside its payload is in its headers. Each verb has its own,
// and all others are ignored: permissions are given by subject, that is by verb. So a
// start that may do more than start what is not live is another verb: replace, claim,
// child.
//
// # Delivery
//
// All that is read from a consumer comes through a feed, which keeps a bounded
// number of messages on their way and never hides a trouble: it ends on a
// reconnect, on silence, when the consumer is gone, and where a message is
// missing. Numbers of deliveries rise by one; a feed counts them. Whoever reads
// begins anew:
//
//	partition        ends; its owner opens it again     everything unacked comes again, in order
//	activities,      begin again by themselves          lost ones come again when their time is up
//	queues
//	leases           begin again by themselves          with the whole state, so nothing is missed
//
// Watches and scans need no consumer. The server publishes each change of a value, and
// one subscription hears them for all who watch; where some may have been missed, all
// are woken. A scan asks for one batch of values after the other; it ends with an error
// where one does not come whole, and its caller goes on from its cursor.
//
// To open a partition is to delete its consumer, called partition-<n>-<secret>, and make
// another. The server then forgets what the owner before had asked for, and
// refuses what that one may still ask: requests must name the consumer's priority
// group, and each owner has its own.
//
// # Guarantees
//
// A method that stores returns when the server has it: written to the file of a
// single server, or to those of a majority of the replicas. What a single server
// has survives the end of its process; to survive the loss of power as well it
// must run with sync_interval: always, see [EmbeddedConfig]. An error that is none
// of the sentinels leaves open what happened: all that can be repeated may be.
//
//   - A commit succeeds at most once for each revision, whoever else believes to
//     be the owner.
//   - A control message is delivered until it is acked. Acks are not waited for;
//     a lost one brings the message again.
//   - Activities and their results carry message ids, and so do starts and events
//     that one instance sends another. The server remembers them for two minutes:
//     within that time a repeat is not stored. Ids of publishers' events never are
//     message ids, since the server would take the same id at another instance for
//     a repeat. Whoever publishes with Nats-Msg-Id of their own accord should know
//     that.
//   - A start stores its message before its claim. The message without the claim
//     starts the instance all the same; a claim whose message was not stored is
//     taken back.
//   - A receipt is a plain message, to an inbox and nowhere else. It may be lost.
//   - A timer fires at its time or up to about a second later, never before.
//
// # Failure handling
//
// A connection made here is repaired however long that takes; meanwhile every call
// fails at once, by [ErrNotConnected], and [Hub.Reach] says when to try again.
//
// A server that has no room left refuses what is to be stored, by [ErrStorage], or, where it
// could not write to its files, gives no answer. [Hub.Check] tells whether the hub is there.
//
// A message that cannot be read is moved to h-dead, with the reason, the subject
// and the number in its headers, and only then acked.
//
// # Caveats
//
// The server answers to any subject that a request names, without asking who may
// publish there. Whoever is not trusted with the hub belongs in an account of their
// own: see deploy/nats. Messages that are found to be such answers are refused.
//
// What the server must not be made to do is kept from happening by a secret of the hub, of
// which message ids and the names of consumers are made. It is in the fleet bucket, which
// only workers may read.
//
// An [Embedded] server asks for no login unless it is told to, and listens on loopback then:
// every user of the computer can do everything there.
package jetstream
