package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// benchParked starts instances that wait, shows the memory they take, and wakes
// every one of them by its event.
func benchParked(ctx context.Context, out io.Writer, instances, cache int) error {
	var waiting, completed atomic.Int64
	moved := make(chan struct{}, 1)
	r, err := newRig(ctx, cache, func(_ string, v *history.Value) {
		if v.Status.Ended() {
			completed.Add(1)
		} else {
			waiting.Add(1)
		}
		select {
		case moved <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	defer r.close()

	fmt.Fprintf(out, "before:  %s\n", memory(r))
	begun := time.Now()
	if _, err := many(instances, 1000, func(id string) (time.Duration, error) {
		_, err := r.client.Start(ctx, "Once", nil, client.WithInstanceID(id))
		return 0, err
	}); err != nil {
		return err
	}
	if err := reach(ctx, &waiting, instances, moved); err != nil {
		return err
	}
	fmt.Fprintf(out, "waiting: %s (%d instances parked in %.1f s)\n", memory(r), instances, time.Since(begun).Seconds())

	begun = time.Now()
	if _, err := many(instances, 1000, func(id string) (time.Duration, error) {
		return 0, r.client.Raise(ctx, id, "Approval", true)
	}); err != nil {
		return err
	}
	if err := reach(ctx, &completed, instances, moved); err != nil {
		return err
	}
	fmt.Fprintf(out, "after:   %s (each woken by its event, in %.1f s)\n", memory(r), time.Since(begun).Seconds())
	return nil
}

func reach(ctx context.Context, counter *atomic.Int64, n int, moved <-chan struct{}) error {
	for counter.Load() < int64(n) {
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Minute):
			return fmt.Errorf("only %d of %d instances have come so far, and none for a minute", counter.Load(), n)
		}
	}
	return nil
}

// memory describes the heap of this process, which the server shares, and how
// many orchestrators are parked in it.
func memory(r *rig) string {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("heap %.1f MB, stacks %.1f MB, %d goroutines, %d orchestrators in memory",
		float64(m.HeapAlloc)/1e6, float64(m.StackInuse)/1e6, runtime.NumGoroutine(), r.worker.Parked())
}
