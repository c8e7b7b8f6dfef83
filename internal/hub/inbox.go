package hub

import "context"

// Inbox hands out control messages.
type Inbox interface {
	// Partitions is the number of partitions. All messages of one instance are in
	// one partition.
	Partitions() int
	// Open takes over a partition: whoever had it open before gets nothing more.
	// Every message not yet acked is delivered, in the order the hub stored them,
	// by calls to deliver one at a time; a deliver that blocks holds back what
	// follows. The order has no gaps: where one would arise the session ends
	// instead. A message may be delivered again later than its successors only if
	// it was delivered before in the same session.
	//
	// What whoever had it open before was handed, and did not ack, is marked
	// [Delivery].Again, unless that one has left in order. Messages of which it
	// is not known for certain may be marked too.
	Open(ctx context.Context, partition int, deliver func(Delivery)) (PartitionSession, error)
}
