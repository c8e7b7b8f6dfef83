package client

import (
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// QueueMessage is one message of a queue, or of its poison queue.
type QueueMessage struct {
	// Queue is the queue's name.
	Queue string
	// Seq is the hub's number of the message. The message gets another number when it is
	// moved to the poison queue, and again when it is redriven.
	Seq uint64
	// ID names the message for as long as it is there: the id that its sender gave it,
	// otherwise one that is made of its first number.
	ID string
	// Data is the body as it was sent.
	Data []byte
	// Stored is when the hub first took the message.
	Stored time.Time
	// Poison says why the message is in the poison queue, nil for one that is not.
	Poison *Poison
}

// Poison says why a message is in the poison queue.
type Poison struct {
	// Reason says what was wrong.
	Reason string
	// Deliveries is how many runs of the function counted; of a message that could not be
	// read, how often it was handed out.
	Deliveries int
	// At is when the message came to the poison queue.
	At time.Time
	// CutFrom is how many bytes the body had if it was too large to be kept whole, otherwise
	// 0.
	CutFrom int
}

// QueueState tells how many messages a queue has.
type QueueState struct {
	// Queue is the queue's name; empty for messages that are in no queue.
	Queue string
	// Waiting is how many messages no function has finished, those at work included.
	Waiting int
	// Poisoned is how many messages are in the poison queue.
	Poisoned int
	// Subject is where messages are that are in no queue: their publisher did not write the
	// queue's name as a token. No worker sees them.
	Subject string
}

func newQueueMessages(messages []hub.QueueMessage) []QueueMessage {
	var all []QueueMessage
	for _, m := range messages {
		shown := QueueMessage{Queue: m.Queue, Seq: m.Seq, ID: m.ID, Data: m.Data, Stored: m.Stored}
		if m.Poison != nil {
			poison := Poison(*m.Poison)
			shown.Poison = &poison
		}
		all = append(all, shown)
	}
	return all
}
