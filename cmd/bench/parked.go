package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// benchParked starts instances that wait, shows the memory that they take, and wakes each by
// its event.
func benchParked(ctx context.Context, out io.Writer, instances, cache int) error {
	var p parking
	r, err := newSetup(ctx, cache, p.committed)
	if err != nil {
		return err
	}
	defer r.Close()

	fmt.Fprintf(out, "before:  %s\n", memory(r))
	took, err := p.all(ctx, &p.waiting, instances, func(id string) error {
		_, err := r.client.Start(ctx, "Once", nil, client.WithInstanceID(id))
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "waiting: %s; %d instances wait, after %.1f s\n", memory(r), instances, took.Seconds())
	took, err = p.all(ctx, &p.completed, instances, func(id string) error {
		return r.client.Raise(ctx, id, "Approval", true)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "after:   %s; each was woken by its event, in %.1f s\n", memory(r), took.Seconds())
	return nil
}

// parking counts the instances that wait and those that have completed.
type parking struct {
	waiting, completed counter
}

func (p *parking) committed(_ string, v *record.InstanceRecord) {
	if v.Status.Ended() {
		p.completed.add()
	} else {
		p.waiting.add()
	}
}

// all calls do for every instance and returns when the counter has reached their number.
func (p *parking) all(ctx context.Context, c *counter, instances int, do func(id string) error) (time.Duration, error) {
	begun := time.Now()
	reached := c.reach(instances)
	if _, err := many(instances, 1000, func(id string) (time.Duration, error) { return 0, do(id) }); err != nil {
		return 0, err
	}
	err := await(ctx, reached)
	return time.Since(begun), err
}

// counter closes a channel when it has reached a number.
type counter struct {
	n, goal atomic.Int64
	reached chan struct{}
}

func (c *counter) reach(goal int) <-chan struct{} {
	c.reached = make(chan struct{})
	c.goal.Store(int64(goal))
	return c.reached
}

func (c *counter) add() {
	if c.n.Add(1) == c.goal.Load() {
		close(c.reached)
	}
}

// memory describes the heap of this process, which includes the server, and the number of
// orchestrators that are parked in it.
func memory(r *setup) string {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("heap %.1f MB, stacks %.1f MB, %d goroutines, %d orchestrators in memory",
		float64(m.HeapAlloc)/1e6, float64(m.StackInuse)/1e6, runtime.NumGoroutine(), r.worker.Parked())
}
