// Package hubsuite holds every hub to the promises in the documentation of package
// hub, each promise a subtest. [RunWorker] checks the promises to workers, [RunClient]
// those to clients. A store that is being written passes its parts first, by [RunRecords]
// and [RunLeases]. The package is imported only by tests.
//
// A hub that needs no network runs [InBubble]: none of its subtests waits on real time.
//
// The tests of packages memhub and hubfaults are here as well, since they use the
// fixture of the suite.
package hubsuite
