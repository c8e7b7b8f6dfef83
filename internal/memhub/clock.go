package memhub

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Clock gives a [Hub] its time.
type Clock interface {
	// Now is the present moment. It never runs backwards.
	Now() time.Time
	// AfterFunc calls f once d has passed, unless stop is called before.
	AfterFunc(d time.Duration, f func()) (stop func())
}

// realClock is the clock of the process, or of a synctest bubble.
type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) AfterFunc(d time.Duration, f func()) func() {
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}

// ManualClock is a [Clock] that stands still until a test advances it. Many goroutines may use a
// ManualClock at once.
type ManualClock struct {
	mu     sync.Mutex
	now    time.Time
	made   int
	alarms []*alarm
}

// alarm is a function that the clock calls later.
type alarm struct {
	at time.Time
	// nth orders alarms of the same time: the alarm that was set first is called first.
	nth int
	f   func()
}

// NewManualClock returns a clock that stands at start.
func NewManualClock(start time.Time) *ManualClock {
	return &ManualClock{now: start}
}

// Now returns the moment that the clock stands at.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc calls f from the [ManualClock.Advance] that passes d.
func (c *ManualClock) AfterFunc(d time.Duration, f func()) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	a := &alarm{at: c.now.Add(max(0, d)), nth: c.made, f: f}
	c.alarms = append(c.alarms, a)
	return func() { c.remove(a) }
}

// Advance moves the clock by d. Functions that fall due on the way are called in the order of
// their due times, while the clock stands at that time. Advance returns when all calls have
// returned.
func (c *ManualClock) Advance(d time.Duration) {
	end := c.Now().Add(d)
	for {
		a := c.due(end)
		if a == nil {
			return
		}
		a.f()
	}
}

// due moves the clock to the next alarm until end, and returns that alarm. If there is none, due
// moves the clock to end and returns nil.
func (c *ManualClock) due(end time.Time) *alarm {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.alarms) > 0 {
		next := slices.MinFunc(c.alarms, func(a, b *alarm) int {
			return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.nth, b.nth))
		})
		if !next.at.After(end) {
			c.moveTo(next.at)
			c.drop(next)
			return next
		}
	}
	c.moveTo(end)
	return nil
}

func (c *ManualClock) moveTo(t time.Time) {
	if t.After(c.now) {
		c.now = t
	}
}

func (c *ManualClock) remove(a *alarm) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(a)
}

func (c *ManualClock) drop(a *alarm) {
	c.alarms = slices.DeleteFunc(c.alarms, func(x *alarm) bool { return x == a })
}
