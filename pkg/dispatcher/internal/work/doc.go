// Package work runs functions outside of any turn: activities, and the functions that
// messages of queues trigger. The hub hands activities and messages out. They are kept alive
// while they are at work, and acked when the outcome is stored; so each is run at least once.
//
//   - [Activities]: perform → report → ack. A run that may end its worker is marked first
//     (lost.go); heartbeat details of an activity are stored beside its instance
//     (progress.go).
//   - [Queues]: handle → ack. A message that fails comes again after a pause, until it goes
//     to the poison queue.
package work

import "github.com/dormouse-dev/dormouse/internal/hub"

// Hub is the part of a hub that this package needs.
type Hub interface {
	hub.Connection
	hub.Limits
	hub.Records
	hub.Outbox
	hub.Work
	hub.QueueWork
}
