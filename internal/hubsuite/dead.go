package hubsuite

import (
	"context"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// DeadLetter is a control message that was rejected.
type DeadLetter struct {
	Message hub.Message
	Seq     uint64
	Reason  string
}

// DeadLetterStore is a hub whose dead letters can be read. The suite reads the dead
// letters of hubs that implement it, and checks nothing of them on other hubs.
type DeadLetterStore interface {
	// DeadLetters returns the rejected messages, oldest first.
	DeadLetters(ctx context.Context) ([]DeadLetter, error)
}
