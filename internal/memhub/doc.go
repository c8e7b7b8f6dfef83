// Package memhub is a hub in memory, for tests: a [Hub] is a hub.Worker and a
// hub.Client in one. The suite of package hubsuite holds it to the same promises as
// every other hub.
//
// A Hub keeps records as the bytes that a real hub would keep, and hands out copies
// only. It takes every liberty that the interfaces allow: an activity that was done
// runs again when it is asked for again, a message from one instance to another is
// delivered again when it is sent again, a start that loses its claim leaves its
// message behind, a purge leaves a tombstone.
//
// # Time
//
// A Hub reads a [Clock]: the real one, or a [ManualClock] that stands still until the
// test advances it. The real clock works inside a testing/synctest bubble, where a
// lease of a minute expires at once. A Hub has no goroutines but those of its
// sessions, which end in Stop.
//
// # Harm
//
// Messages, activities and leases that a dead worker holds come back when their time
// has run out, or at once by [Hub.Redeliver] and [Hub.ExpireLeases]. [Hub.Shrink],
// [Hub.Damage] and [Hub.LoseSegments] do harm that no worker does. Package hubfaults
// makes single calls of one worker fail.
package memhub
