// Package hubsuite holds every hub to the promises in the documentation of package
// hub, each promise a subtest. [RunWorker] checks the worker's side, [RunClient] the
// client's side. It is imported only by tests.
//
// A hub that needs no network runs in testing/synctest bubbles, by [RunWorkerInBubble]
// and [RunClientInBubble]: the same subtests, and none of them waits on real time.
//
// The tests of packages memhub and hubfaults are here as well, since they use the
// fixture of the suite.
package hubsuite
