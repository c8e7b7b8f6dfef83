package jetstream

import (
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// leaseState are the leases that somebody holds, by name.
type leaseState map[string]heldLease

type heldLease struct {
	holder   string
	revision uint64
	// end is when it ends unless it is renewed, by the server's clock.
	end time.Time
	// older is set if a worker of an older version holds it.
	older bool
}

// applyLease takes in a change of a lease.
func (l *leases) applyLease(state leaseState, p wire.Delivered) {
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
		end:   l.leaseEnd(p.Header, p.Ack.Time()),
		older: !wire.KnowsSecret(p.Header),
	}
}

// holders returns the holder of each lease.
func (s leaseState) holders() map[string]string {
	holders := make(map[string]string, len(s))
	for name, held := range s {
		holders[name] = held.holder
	}
	return holders
}

func (s leaseState) hasOlder() bool {
	for _, held := range s {
		if held.older {
			return true
		}
	}
	return false
}
