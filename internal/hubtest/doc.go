// Package hubtest holds every hub to the same promises. It is imported only by
// tests. Those of packages dispatcher and client import it from dispatcher_test
// and client_test, since it speaks in those packages' interfaces.
//
// There are three things in it, beside [Background] and [Journal]:
//
//   - [Memory]: a hub in memory, dispatcher.Hub and client.Hub in one. It keeps
//     values as the bytes that a real hub would keep, hands nothing out that it
//     still holds, and takes every liberty that the interfaces allow: an activity
//     that was done is run again when it is asked for again, what one instance
//     tells another is told again, a start that loses its claim leaves its message
//     behind, a purge leaves a tombstone.
//   - [Faults]: a hub around a hub, as one worker sees it. At the N-th storage
//     call the worker dies, or the call fails once, before or after it took
//     effect.
//   - [RunSuite] and [RunClientSuite]: the promises in the documentation of
//     dispatcher.Hub and client.Hub, each a subtest.
//
// # Time
//
// A Memory lives by a [Clock]: the real one, or a [ManualClock] that stands still
// until the test advances it. The real clock works inside a testing/synctest
// bubble, where a lease of a minute expires at once. A Memory has no goroutines
// but those of its sessions, which end in Stop.
//
// # A crash matrix
//
// First let the script run without faults and count its calls, then once for
// every call and both sides of it:
//
//	calls := run(hubtest.NewFaults(hub))
//	for n := 1; n <= calls; n++ {
//		run(hubtest.NewFaults(hub, hubtest.KillBefore(n)))
//		run(hubtest.NewFaults(hub, hubtest.KillAfter(n)))
//	}
//
// where each run wires a worker to its own Faults, waits for [Faults.Killed] or
// the script's end, lets a second worker without faults finish on the same
// Memory, and looks at what is stored. What a dead worker left unacknowledged
// comes again on the next Open; its activities and leases come back when their
// time has run out, or at once by [Memory.Redeliver] and [Memory.ExpireLeases].
package hubtest
