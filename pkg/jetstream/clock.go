package jetstream

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// clockInterval is how often a worker asks the server for its time.
	clockInterval = 10 * time.Second
	// clockAge is how old the last answer may be when somebody asks for the time.
	clockAge = time.Minute
	// clockDoubt is how old the last answer may be where a message contradicts it.
	clockDoubt = time.Second
	// clockSlack is by how much a message may be ahead of the last answer: the clocks of
	// two computers do not go equally fast.
	clockSlack = 100 * time.Millisecond
	// clockTimeout is how long the server may take to say its time.
	clockTimeout = 2 * time.Second
	// clockTolerance is by how much this computer's clock may differ from the server's
	// before somebody is told.
	clockTolerance = time.Second
)

// clock estimates the server's time. Timers are fired by the server's clock, so they must be
// set by the same one: this computer's may be wrong, and may jump. Once the server has said
// its time, only the monotonic clock of this process counts, which nobody can set.
//
// The estimate is never ahead of the server, and behind it only by the time that the
// newest sample took to come here:
//
//   - The server's answer to a question was written after the question was sent and before
//     the answer came. That bounds the estimate from both sides, and follows a server whose
//     clock was set, forward or back.
//   - A message was stored before it came. That bounds the estimate from below, so it is
//     never earlier than the time at which the message at hand was stored. A message
//     that is ahead of the last answer was stored by a clock that has been set since, or the
//     clock was set after that answer: the server is asked.
type clock struct {
	// ask asks the server for its time; nil for a login that may ask nothing.
	ask func(context.Context) (time.Time, error)
	// wall is this computer's clock. It counts until the server has answered.
	wall func() time.Time
	log  *slog.Logger
	// zero is when counting began, by the monotonic clock.
	zero time.Time

	// known is set when the server has said its time.
	known atomic.Bool
	// low is the estimate of the server's time at zero, high the upper bound of that time, in
	// nanoseconds since 1970.
	low, high atomic.Int64
	// asked is when the server was asked last, since zero.
	asked atomic.Int64
	// asking is held by the goroutine that asks.
	asking sync.Mutex
	// reported is by how much the two clocks differed when that was last logged.
	reported time.Duration
}

func newClock(wall func() time.Time, log *slog.Logger) *clock {
	return &clock{wall: wall, log: log, zero: time.Now()}
}

// passed is the time since zero.
func (c *clock) passed() time.Duration { return time.Since(c.zero) }

// now returns the estimate.
func (c *clock) now() time.Time {
	if !c.known.Load() {
		return c.wall().UTC()
	}
	return time.Unix(0, c.low.Load()+int64(c.passed())).UTC()
}

// latest returns the latest that the server's clock can show.
func (c *clock) latest() time.Time {
	if !c.known.Load() {
		return c.wall().UTC()
	}
	return time.Unix(0, max(c.low.Load(), c.high.Load())+int64(c.passed())).UTC()
}

// heard takes in when a message was stored that has just come.
func (c *clock) heard(ctx context.Context, stored time.Time) {
	passed := c.passed()
	bound := stored.UnixNano() - int64(passed)
	if bound <= c.low.Load() {
		return
	}
	if c.isAhead(bound) {
		c.refresh(ctx, clockDoubt)
	}
	if c.isAhead(bound) || !c.known.Load() {
		return
	}
	for low := c.low.Load(); bound > low; low = c.low.Load() {
		if c.low.CompareAndSwap(low, bound) {
			return
		}
	}
}

func (c *clock) isAhead(bound int64) bool { return bound > c.high.Load()+int64(clockSlack) }

// refresh asks the server for its time, if nobody has for that long. Other callers do not wait
// while one asks.
func (c *clock) refresh(ctx context.Context, age time.Duration) {
	if c.ask == nil || !c.isOlder(age) || !c.asking.TryLock() {
		return
	}
	defer c.asking.Unlock()
	if !c.isOlder(age) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, clockTimeout)
	defer cancel()
	sent := c.passed()
	answer, err := c.ask(ctx)
	came := c.passed()
	c.asked.Store(max(1, int64(came))) // where it fails too: not everybody shall wait for it
	if err != nil || answer.IsZero() {
		c.log.Debug("the server was asked for its time and did not say it", keyError, err)
		return
	}
	c.answered(answer, sent, came)
	c.compare()
}

func (c *clock) isOlder(age time.Duration) bool {
	asked := c.asked.Load()
	return asked == 0 || int64(c.passed())-asked > int64(age)
}

// answered takes in the answer of the server.
func (c *clock) answered(answer time.Time, sent, came time.Duration) {
	low, high := answer.UnixNano()-int64(came), answer.UnixNano()-int64(sent)
	if old := c.low.Load(); !c.known.Load() || old < low || old > high {
		c.low.Store(low)
	}
	c.high.Store(high)
	c.known.Store(true)
}

// compare says so where this computer's clock is wrong, and again when that changes.
func (c *clock) compare() {
	ahead := c.wall().Sub(c.now()).Round(time.Millisecond)
	differs := ahead.Abs() > clockTolerance
	switch {
	case differs && (ahead-c.reported).Abs() > clockTolerance:
		c.log.Warn("the clock of this computer differs from that of the NATS server; the server's counts", "ahead", ahead)
		c.reported = ahead
	case !differs && c.reported != 0:
		c.log.Info("the clock of this computer agrees with that of the NATS server again")
		c.reported = 0
	}
}

// keep asks the server for its time every now and then, until ctx ends.
func (c *clock) keep(ctx context.Context) {
	tick := time.NewTicker(clockInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.refresh(ctx, clockInterval/2)
		case <-ctx.Done():
			return
		}
	}
}

// Now returns the hub's time: an estimate of the server's clock that is never ahead of it, and
// never behind the time of a message that was delivered. The clock of this computer plays no
// part, except in a hub that was opened by [OpenBlind], which may ask the server nothing. If
// the server has not said its time for a minute it is asked; the context bounds that.
func (c *clock) Now(ctx context.Context) time.Time {
	c.refresh(ctx, clockAge)
	return c.now()
}

// After returns the time that lies d ahead, by the hub's clock: never an earlier time.
func (c *clock) After(ctx context.Context, d time.Duration) time.Time {
	c.refresh(ctx, clockAge)
	return c.latest().Add(d)
}

// goBy asks the server for its time, from now on by that question.
func (c *clock) goBy(ctx context.Context, ask func(context.Context) (time.Time, error)) {
	c.ask = ask
	c.refresh(ctx, 0)
}
