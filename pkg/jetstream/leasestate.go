package jetstream

import (
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// leases are those that somebody holds, by name.
type leases map[string]heldLease

type heldLease struct {
	holder   string
	revision uint64
	// end is when it ends unless it is renewed, by the server's clock.
	end time.Time
	// older is set where a worker of an older version holds it.
	older bool
}

// applyLease takes in what has become of a lease.
func (h *Hub) applyLease(state leases, p wire.Delivered) {
	name, err := wire.DecodeToken(p.Subject[strings.LastIndexByte(p.Subject, '.')+1:])
	if err != nil {
		return
	}
	if wire.IsMarker(p.Header) {
		delete(state, name)
		return
	}
	state[name] = heldLease{
		holder: string(p.Data), revision: p.Ack.Seq,
		end:   h.leaseEnd(p.Header, p.Ack.Time()),
		older: !wire.KnowsSecret(p.Header),
	}
}

// holders returns who holds what.
func (l leases) holders() map[string]string {
	holders := make(map[string]string, len(l))
	for name, held := range l {
		holders[name] = held.holder
	}
	return holders
}

func (l leases) hasOlder() bool {
	for _, held := range l {
		if held.older {
			return true
		}
	}
	return false
}
