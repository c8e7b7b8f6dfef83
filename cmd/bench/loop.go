package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

type loopOptions struct {
	instances, inFlight, cache int
}

// benchLoop runs instances through start → wait → raise → complete. It reports how many a
// second there were, and the time of each from its raise to the commit that completed it.
func benchLoop(ctx context.Context, out io.Writer, o loopOptions) error {
	l, err := newLoop(ctx, o.cache)
	if err != nil {
		return err
	}
	defer l.setup.Close()
	if _, err := l.one(ctx, "warm-up"); err != nil {
		return err
	}
	begun := time.Now()
	latencies, err := many(o.instances, o.inFlight, func(id string) (time.Duration, error) { return l.one(ctx, id) })
	if err != nil {
		return err
	}
	took := time.Since(begun)
	fmt.Fprintf(out, "%d instances, %d at once: %.1f s, %.0f instances/s\n", o.instances, o.inFlight, took.Seconds(), float64(o.instances)/took.Seconds())
	fmt.Fprintf(out, "raise → committed: %s\n", percentiles(latencies))
	return nil
}

// loop runs single instances. It raises the event of an instance when the first turn is
// committed; the instance is complete when the last turn is.
type loop struct {
	setup              *setup
	waiting, completed sync.Map // instance → chan struct{}
}

func newLoop(ctx context.Context, cache int) (*loop, error) {
	l := &loop{}
	var err error
	l.setup, err = newSetup(ctx, cache, l.committed)
	return l, err
}

func (l *loop) committed(instance string, v *record.InstanceRecord) {
	of := &l.waiting
	if v.Status.Ended() {
		of = &l.completed
	}
	if done, ok := of.LoadAndDelete(instance); ok {
		close(done.(chan struct{}))
	}
}

// one runs an instance and returns how long it took from its raise to its end.
func (l *loop) one(ctx context.Context, id string) (time.Duration, error) {
	waiting, completed := make(chan struct{}), make(chan struct{})
	l.waiting.Store(id, waiting)
	l.completed.Store(id, completed)
	if _, err := l.setup.client.Start(ctx, "Once", nil, client.WithInstanceID(id)); err != nil {
		return 0, err
	}
	if err := await(ctx, waiting); err != nil {
		return 0, err
	}
	raised := time.Now()
	if err := l.setup.client.Raise(ctx, id, "Approval", true); err != nil {
		return 0, err
	}
	err := await(ctx, completed)
	return time.Since(raised), err
}

func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// many calls one for n instances, a number of them at once, and returns the time of each.
func many(n, atOnce int, one func(id string) (time.Duration, error)) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	next := make(chan int)
	errs := make(chan error, atOnce)
	var callers sync.WaitGroup
	for range min(n, atOnce) {
		callers.Go(func() {
			for i := range next {
				d, err := one(instanceID(i))
				if err != nil {
					errs <- err
					return
				}
				took[i] = d
			}
		})
	}
	err := feed(n, next, errs)
	callers.Wait()
	if err == nil && len(errs) > 0 {
		err = <-errs
	}
	return took, err
}

// feed hands out the numbers up to n, until a receiver fails.
func feed(n int, next chan<- int, errs <-chan error) error {
	defer close(next)
	for i := range n {
		select {
		case next <- i:
		case err := <-errs:
			return err
		}
	}
	return nil
}

func percentiles(latencies []time.Duration) string {
	slices.Sort(latencies)
	at := func(share float64) time.Duration {
		return latencies[int(share*float64(len(latencies)-1))].Round(time.Microsecond)
	}
	return fmt.Sprintf("p50 %v, p90 %v, p99 %v, max %v", at(0.5), at(0.9), at(0.99), at(1))
}
