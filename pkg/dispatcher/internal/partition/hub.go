package partition

import (
	"context"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// Hub is the part of a hub that a fleet needs.
type Hub interface {
	hub.Connection
	hub.Inbox
	hub.Leases
}

// Turns takes the turns of instances.
type Turns interface {
	// Turn takes in messages of one instance, as many of the batch as it can, and
	// returns how many. After an error the rest is tried again: later, if the error is a
	// [*run.BlockedError]; never here, if it is [run.ErrOver].
	Turn(ctx context.Context, partition int, batch []hub.Delivery, over <-chan struct{}) (int, error)
	// Opened notes that a partition was opened, Left that it was given up.
	Opened()
	Left(partition int)
}
