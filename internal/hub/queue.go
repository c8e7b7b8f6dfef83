package hub

import (
	"context"
	"strconv"
	"time"
)

// QueueMessage is one message of a queue, or of its poison queue.
type QueueMessage struct {
	// Queue is the queue's name.
	Queue string
	// Seq is the hub's number of the message. It gets another in the poison queue,
	// and again another when it is redriven.
	Seq uint64
	// ID names the message for as long as there is one: what its sender called it,
	// otherwise [QueueMessageID] of its first number. It can be an event id.
	ID string
	// Data is the body, as it was sent.
	Data []byte
	// Stored is when the hub first took it.
	Stored time.Time
	// Poison says why it is in the poison queue, nil where it is not.
	Poison *Poison
}

// Poison says why a message is in the poison queue.
type Poison struct {
	// Reason is what was wrong, as a text.
	Reason string
	// Deliveries is how many runs of the function counted; of a message that could not be
	// read, how often it was handed out.
	Deliveries int
	// At is when it came here.
	At time.Time
	// CutFrom is how many bytes the body had, if it was too large to be kept whole; 0
	// if it was not.
	CutFrom int
}

// QueueMessageID is the id of a message whose sender gave it none.
func QueueMessageID(seq uint64) string { return "queue-" + strconv.FormatUint(seq, 10) }

// QueueState is how much there is of a queue.
type QueueState struct {
	Queue string
	// Waiting are the messages that nobody has dealt with, those at work included.
	Waiting int
	// Poisoned are those in the poison queue.
	Poisoned int
	// Subject is where the messages are, and Queue is empty, if they are in no queue: who
	// published them did not write its name as a token. No worker sees them.
	Subject string
}

// QueueDelivery is a message of a queue, as the hub hands it out.
type QueueDelivery struct {
	QueueMessage
	Handout
	// Runs is how many runs are noted of it, of one that was handed out before. Where
	// nothing is noted it is 1: there was the first run, of which nobody says that it does
	// not count; and 0 where it only may have been handed out before.
	Runs func(ctx context.Context) (int, error)
	// Note keeps that number, until the message is acked or rejected.
	Note func(ctx context.Context, runs int) error
	// Reject moves it to the poison queue, with the reason and after so many
	// deliveries. After an error it comes again.
	Reject func(reason string, deliveries int) error
}
