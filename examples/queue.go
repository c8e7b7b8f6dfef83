package examples

import (
	"context"
	"errors"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// ApprovalQueue is the queue that triggers [ApprovalQueueProcessor].
const ApprovalQueue = "approval-queue"

// RegisterQueues makes the samples that queues trigger known to a worker's queues.
func RegisterQueues(q *worker.Queues) {
	worker.OnQueue(q, ApprovalQueue, ApprovalQueueProcessor)
}

// ApprovalQueueProcessor runs for each message of the queue, which is the id of an instance,
// and raises the event [Approval] on that instance. The message may come more than once; the
// event has the message's id, so it takes effect once.
func ApprovalQueueProcessor(ctx context.Context, m *worker.QueueMessage, instanceID string) error {
	err := client.Raise(ctx, m.Client, instanceID, Approval, true, client.WithEventID(m.ID))
	switch {
	case errors.Is(err, client.ErrInstanceEnded):
		// An earlier delivery of this very message may have ended it.
		return nil
	case errors.Is(err, client.ErrInvalidName):
		return orchestration.NonRetryable(err)
	}
	// An instance that is not there yet may be at the next delivery.
	return err
}
