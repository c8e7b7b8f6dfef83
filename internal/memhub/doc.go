// Package memhub is a hub in memory, for tests: a [Hub] is a hub.Worker and a hub.Client in
// one. The suite of package hubsuite holds a Hub to the same promises as every other hub.
//
// A Hub keeps records as the bytes that a real hub would keep, and hands out copies only. A Hub
// does whatever the interfaces allow: an activity that was done runs again when a command asks
// for it again, a message from one instance to another is delivered again when it is sent again,
// a start whose claim is refused leaves its message behind, and a purge leaves a tombstone.
//
// # Parts
//
// A Hub is made of parts, each of which keeps one or two of the interfaces of internal/hub:
// records, changes, control (inbox and outbox), requests, work, queues, leases and settings. All
// parts share one state with one lock. The methods of Hub itself are about all parts at once.
//
// # Time
//
// A Hub reads a [Clock]: the real clock, or a [ManualClock] that stands still until the test
// advances it. The real clock works inside a testing/synctest bubble, where a lease of a minute
// expires at once. A Hub has no goroutines except those of its sessions, which end in Stop.
//
// # Harm
//
// Messages, activities and leases that a dead worker holds come back when their time has run
// out, or at once by [Hub.Redeliver] and [Hub.ExpireLeases]. [Hub.Shrink], [Hub.Damage] and
// [Hub.LoseSegments] do harm that no worker does. Package hubfaults makes single calls of one
// worker fail.
package memhub
