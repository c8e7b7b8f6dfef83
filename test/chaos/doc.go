// Command chaos attacks Dormouse with real faults, and holds it to its promises.
//
// A scenario runs on a site: NATS servers, workers (package app), and links between
// them and their users, all of them processes or sockets of this machine. Users make
// traffic: they take instances through courses. Meanwhile faults are injected and
// healed, one after another, and a probe measures how soon every partition is served
// again. What the users were promised is written into a ledger as soon as it is
// acknowledged. In the end, when all is healed and has come to rest, the verdict
// compares the ledger with the histories and outputs of all instances.
//
// docs/reliability.md has the figures. In the order in which it is best read:
// scenario.go, campaign.go, arena.go, fault.go and its kinds, course.go, ledger.go,
// verdict.go.
package main
