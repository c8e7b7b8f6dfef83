// Package run takes the turns of instances: load → replay → commit → send → ack.
//
//	load    cache.go, or load.go: read the record; send again what a crash may have lost
//	replay  package turn: the batch leads to an outcome
//	commit  store.go: store the outcome; seal.go: move a long history into segments
//	send    outbox.go: send the commands of the outcome, and replies
//	ack     outbox.go: remove the messages that were taken
//
// A turn that fails for good is held back (hold.go). A turn that may end its worker is marked
// first, and waits until its code may run (suspect.go, limiter.go). Code that did not come back is
// not run again before it has (quarantine.go).
package run
