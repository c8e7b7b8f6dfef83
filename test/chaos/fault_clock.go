package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// jump puts a worker's clock wrong by so much more, and right again by as much.
type jump struct {
	about
	clock   *clock
	off, by time.Duration
}

// jumps are by how much clocks jump.
var jumps = []time.Duration{time.Hour, -time.Hour, 10 * time.Minute, -10 * time.Minute, 5 * time.Second, -5 * time.Second}

func jumpClock(a *arena, random *rand.Rand) fault {
	n := random.IntN(len(a.site.hands))
	by := pick(random, jumps)
	var off time.Duration
	if n < len(a.layout.clocks) {
		off = a.layout.clocks[n]
	}
	h := a.site.hands[n]
	return &jump{about{"a worker's clock jumps", h.name + " by " + by.String(), true}, h.clock, off, by}
}

func (f *jump) inject(context.Context) error { return f.clock.set(f.off + f.by) }

func (f *jump) heal(context.Context) error { return f.clock.set(f.off) }
