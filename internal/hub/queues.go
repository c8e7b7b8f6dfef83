package hub

import "context"

// Queues are the queues of a hub, each with a poison queue for messages that no
// function could deal with.
type Queues interface {
	// SendToQueue stores a message in its queue and returns its number. Of several
	// with one ID that are sent soon after each other one is stored.
	SendToQueue(ctx context.Context, m QueueMessage) (uint64, error)
	// QueueStates is how much there is of each queue that is not empty, by name, and
	// before them what is in none.
	QueueStates(ctx context.Context) ([]QueueState, error)
	// PeekQueue returns messages of a queue, or of its poison queue, without taking
	// them: at most limit of those behind the number, in their order.
	PeekQueue(ctx context.Context, queue string, poison bool, behind uint64, limit int) ([]QueueMessage, error)
	// RedriveQueue moves poisoned messages back into the queue, to be delivered
	// anew: those of the numbers, or, if there are none, all that are there now. It
	// returns how many it has moved, and [ErrNotFound] for a number that is not there.
	RedriveQueue(ctx context.Context, queue string, numbers []uint64) (int, error)
	// PurgeQueue removes the messages of a queue, or of its poison queue, for good,
	// and returns how many. Of a poison queue it can remove those of the numbers only;
	// [ErrNotFound] is for a number that is not there.
	PurgeQueue(ctx context.Context, queue string, poison bool, numbers []uint64) (int, error)
}
