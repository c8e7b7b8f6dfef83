package record

import (
	"math"
	"time"
)

// The range of times that can be stored, years 1677 to 2262: they are stored as
// nanoseconds since 1970, UTC; 0 is the zero time. A time beyond the range is
// stored as the end of it.
var (
	EarliestTime = time.Unix(0, math.MinInt64).UTC()
	LatestTime   = time.Unix(0, math.MaxInt64).UTC()
)

func (w *writer) time(t time.Time) {
	switch {
	case t.IsZero():
		w.int(0)
	case t.Before(EarliestTime):
		w.int(math.MinInt64)
	case t.After(LatestTime):
		w.int(math.MaxInt64)
	default:
		w.int(t.UnixNano())
	}
}

func (r *reader) time() time.Time {
	ns := r.int()
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
