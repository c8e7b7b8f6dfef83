package partition

import "github.com/dormouse-dev/dormouse/internal/hub"

// inbox holds the messages of one instance that are not taken in, in order. The lock of the
// partition's owner guards it.
type inbox struct {
	pending []hub.Delivery
	last    uint64
	// slots are how many of the owner's slots its messages occupy.
	slots int
	// blocked is set once a turn has found that the instance cannot go on.
	blocked bool
	// arrived is signalled when a message is added.
	arrived chan struct{}
}

// add appends a message; it reports false for one that is here already: the hub
// hands out messages again that are not acked for long.
func (b *inbox) add(m hub.Delivery) bool {
	if m.Seq <= b.last {
		return false
	}
	b.pending = append(b.pending, m)
	b.last = m.Seq
	select {
	case b.arrived <- struct{}{}:
	default:
	}
	return true
}

// batch returns the messages that are there for the next turn. Messages that arrive from now
// on are signalled.
func (b *inbox) batch() []hub.Delivery {
	select {
	case <-b.arrived:
	default:
	}
	return b.pending[:len(b.pending):len(b.pending)]
}
