package httpapi

import "sync/atomic"

// gate lets in so many at a time.
type gate struct {
	inside *atomic.Int64
	most   int64
}

func newGate(most int) gate { return gate{inside: new(atomic.Int64), most: int64(most)} }

// enter reports whether there was room. Who got in must leave.
func (g gate) enter() bool {
	if g.inside.Add(1) <= g.most {
		return true
	}
	g.inside.Add(-1)
	return false
}

func (g gate) leave() { g.inside.Add(-1) }
