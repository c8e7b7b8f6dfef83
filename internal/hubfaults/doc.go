// Package hubfaults puts faults between a worker and its hub, for tests. A [Hub] wraps
// a hub as one worker sees it: at the N-th storage call the worker dies, or the call
// fails once, before or after the call took effect.
//
// # A crash matrix
//
// A test first runs its script without faults and counts the calls, and then once for
// every call and both sides of it:
//
//	calls := run(hubfaults.New(hub))
//	for n := 1; n <= calls; n++ {
//		run(hubfaults.New(hub, hubfaults.KillBefore(n)))
//		run(hubfaults.New(hub, hubfaults.KillAfter(n)))
//	}
//
// Each run gives a worker a Hub of its own, waits for [Hub.Killed] or the script's
// end, lets a second worker without faults finish on the same hub, and looks at the
// stored state. Messages that a dead worker left unacknowledged come again on the next
// Open; its activities and leases come back when their time has run out.
package hubfaults
