package hubfaults

import (
	"context"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// inbox keeps the promises of [hub.Inbox].
type inbox struct {
	*faults
	hub hub.Inbox
}

// Partitions is the hub's.
func (i *inbox) Partitions() int { return i.hub.Partitions() }

// Open is the hub's. Calls of what is delivered are counted.
func (i *inbox) Open(ctx context.Context, partition int, deliver func(hub.Delivery)) (hub.PartitionSession, error) {
	var inner hub.PartitionSession
	s, err := i.session(func() (hub.Session, error) {
		var err error
		inner, err = i.hub.Open(ctx, partition, func(d hub.Delivery) {
			if i.alive() == nil {
				deliver(i.delivery(d))
			}
		})
		return inner, err
	})
	if err != nil {
		return nil, err
	}
	return &mortalPartition{Session: s, faults: i.faults, leave: inner.Leave}, nil
}

// delivery returns d with calls that are counted.
func (i *inbox) delivery(d hub.Delivery) hub.Delivery {
	ack, reject := d.Ack, d.Reject
	d.Ack = func() {
		_ = countedError(i.faults, "Ack", func() error { ack(); return nil })
	}
	d.Reject = func(reason string) {
		_ = countedError(i.faults, "Reject", func() error { reject(reason); return nil })
	}
	return d
}
