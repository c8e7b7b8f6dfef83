// Package work runs what triggers functions outside of any turn: activities, and messages of
// queues. Both are handed out by the hub, kept alive while they run, and acked when the
// outcome is stored; so each is run at least once.
//
//   - [Activities]: perform → report → ack. A run that may end its worker is marked first
//     (lost.go); what an activity says of its progress is stored beside its instance
//     (progress.go).
//   - [Queues]: handle → ack. A message that fails comes again after a pause, until it goes
//     to the poison queue.
package work

import "github.com/dormouse-dev/dormouse/internal/hub"

// Hub is what this package needs of a hub.
type Hub interface {
	hub.Connection
	hub.Limits
	hub.Records
	hub.Outbox
	hub.Work
	hub.QueueWork
}
