package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

type loopOptions struct {
	instances, inFlight, cache int
}

// benchLoop runs instances through start → wait → raise → complete. An instance
// is done when its last turn is committed; the event is raised when its first is.
func benchLoop(ctx context.Context, out io.Writer, o loopOptions) error {
	var waiting, completed sync.Map // instance → chan struct{}
	tell := func(instance string, v *history.Value) {
		of := &waiting
		if v.Status.Ended() {
			of = &completed
		}
		if done, ok := of.LoadAndDelete(instance); ok {
			close(done.(chan struct{}))
		}
	}
	r, err := newRig(ctx, o.cache, tell)
	if err != nil {
		return err
	}
	defer r.close()

	one := func(id string) (time.Duration, error) {
		isWaiting, isCompleted := make(chan struct{}), make(chan struct{})
		waiting.Store(id, isWaiting)
		completed.Store(id, isCompleted)
		if _, err := r.client.Start(ctx, "Once", nil, client.WithInstanceID(id)); err != nil {
			return 0, err
		}
		if err := await(ctx, isWaiting); err != nil {
			return 0, err
		}
		raised := time.Now()
		if err := r.client.Raise(ctx, id, "Approval", true); err != nil {
			return 0, err
		}
		err := await(ctx, isCompleted)
		return time.Since(raised), err
	}
	if _, err := one("warm-up"); err != nil {
		return err
	}
	begun := time.Now()
	latencies, err := many(o.instances, o.inFlight, one)
	if err != nil {
		return err
	}
	report(out, o, time.Since(begun), latencies)
	return nil
}

func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Minute):
		return fmt.Errorf("an instance has not moved for a minute")
	}
}

// many calls one for n instances, so many at once, and returns what each took.
func many(n, atOnce int, one func(id string) (time.Duration, error)) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	next := make(chan int)
	errs := make(chan error, atOnce)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
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
	for i := range n {
		select {
		case next <- i:
		case err := <-errs:
			close(next)
			return nil, err
		}
	}
	close(next)
	workers.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
		return took, nil
	}
}

func report(out io.Writer, o loopOptions, took time.Duration, latencies []time.Duration) {
	slices.Sort(latencies)
	at := func(share float64) time.Duration {
		return latencies[int(share*float64(len(latencies)-1))].Round(time.Microsecond)
	}
	fmt.Fprintf(out, "%d instances, %d at once: %.1f s, %.0f instances/s\n", o.instances, o.inFlight, took.Seconds(), float64(o.instances)/took.Seconds())
	fmt.Fprintf(out, "raise → committed: p50 %v, p90 %v, p99 %v, max %v\n", at(0.5), at(0.9), at(0.99), at(1))
}
