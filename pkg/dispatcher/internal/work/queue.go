package work

import (
	"context"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Queue says how the messages of a queue are dealt with. Nothing of it may be zero.
type Queue struct {
	Name string
	// Limit is how many messages are dealt with at a time.
	Limit int
	// MaxDeliveries is after how many failed deliveries a message goes to the poison
	// queue.
	MaxDeliveries int
	// FirstRetry is the pause after the first failed delivery. Each later one is twice
	// as long, up to MaxRetry.
	FirstRetry, MaxRetry time.Duration
	// Handle deals with one message and returns how it failed, nil if it did not.
	Handle func(ctx context.Context, m hub.QueueMessage, attempt int) *history.Failure
}

// pause is how long a message waits after that many deliveries.
func (q *Queue) pause(deliveries int) time.Duration {
	pause := q.FirstRetry
	for ; deliveries > 1 && pause < q.MaxRetry; deliveries-- {
		pause *= 2
	}
	return min(pause, q.MaxRetry)
}
