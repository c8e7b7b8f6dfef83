package run

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
)

// cache keeps parked orchestrators, so that the next input resumes them without
// replay. It is bounded by number and by idle time; instances that leave it are closed.
type cache struct {
	most int

	mu     sync.Mutex
	order  *list.List // of *parked, the longest unused first
	byID   map[string]*list.Element
	closed bool
}

type parked struct {
	turn.Instance
	partition int
	since     time.Time
}

func newCache(most int) *cache {
	return &cache{most: most, order: list.New(), byID: map[string]*list.Element{}}
}

// take hands out the instance, if it is parked.
func (c *cache) take(instance string) (i *turn.Instance, isParked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.byID[instance]
	if !ok {
		return nil, false
	}
	return &c.remove(at).Instance, true
}

// park keeps the instance until it is taken, or has to go.
func (c *cache) park(i *turn.Instance, partition int, now time.Time) {
	c.mu.Lock()
	p := &parked{Instance: *i, partition: partition, since: now}
	var unloaded *parked
	switch {
	case c.most <= 0 || c.closed:
		unloaded = p
	default:
		c.byID[i.ID] = c.order.PushBack(p)
		if c.order.Len() > c.most {
			unloaded = c.remove(c.order.Front())
		}
	}
	c.mu.Unlock()
	if unloaded != nil {
		unloaded.Close()
	}
}

// Sweep unloads orchestrators that have been parked for long.
func (r *Runner) Sweep(ctx context.Context) {
	tick := time.NewTicker(max(r.cacheIdle/4, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.cache.sweep(time.Now().Add(-r.cacheIdle))
		}
	}
}

// sweep lets go of instances that have been parked since before the deadline.
func (c *cache) sweep(deadline time.Time) {
	c.drop(func(p *parked) (drop, more bool) {
		idle := p.since.Before(deadline)
		return idle, idle
	})
}

// dropPartition lets go of a partition's instances: another worker may change the
// instances from now on.
func (c *cache) dropPartition(partition int) {
	c.drop(func(p *parked) (drop, more bool) { return p.partition == partition, true })
}

// close lets go of everything, for good.
func (c *cache) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.drop(func(*parked) (drop, more bool) { return true, true })
}

func (c *cache) drop(judge func(*parked) (drop, more bool)) {
	var gone []*parked
	c.mu.Lock()
	for at := c.order.Front(); at != nil; {
		next := at.Next()
		drop, more := judge(at.Value.(*parked))
		if drop {
			gone = append(gone, c.remove(at))
		}
		if !more {
			break
		}
		at = next
	}
	c.mu.Unlock()
	for _, p := range gone {
		p.Close()
	}
}

func (c *cache) remove(at *list.Element) *parked {
	p := c.order.Remove(at).(*parked)
	delete(c.byID, p.ID)
	return p
}

func (c *cache) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}
