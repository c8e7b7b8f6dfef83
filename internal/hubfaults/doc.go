// Package hubfaults puts faults between a worker and its hub, for tests. A [Hub] wraps the hub of
// one worker: at the N-th storage call the worker dies, or the call fails once, before or after
// the call took effect.
//
// # A crash matrix
//
// A test first runs its script without faults and counts the calls. The test then runs the script
// twice for each call, with a fault before and a fault after that call:
//
//	calls := run(hubfaults.New(hub))
//	for n := 1; n <= calls; n++ {
//		run(hubfaults.New(hub, hubfaults.KillBefore(n)))
//		run(hubfaults.New(hub, hubfaults.KillAfter(n)))
//	}
//
// Each run gives a worker a Hub of its own and waits for [Hub.Killed] or the end of the script. A
// second worker without faults then finishes on the same hub, and the test looks at the stored
// state. Messages that a dead worker did not acknowledge come again on the next Open. Activities
// and leases of a dead worker come back when their time has run out.
package hubfaults
