package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// benchEvents raises events on one instance, each when the one before is
// committed, and compares the last tenth with the first.
func benchEvents(ctx context.Context, out io.Writer, events, cache int) error {
	if events < 10 {
		return fmt.Errorf("--events %d: at least 10 are needed to compare the first tenth with the last", events)
	}
	took, err := oneAfterAnother(ctx, events, cache)
	if err != nil {
		return err
	}
	tenth := events / 10
	all, first, last := sum(took), sum(took[:tenth]), sum(took[events-tenth:])
	fmt.Fprintf(out, "%d events, one after another: %.2f s, %.0f events/s\n", events, all.Seconds(), float64(events)/all.Seconds())
	fmt.Fprintf(out, "first %d: %v each; last %d: %v each; ratio %.2f\n",
		tenth, first/time.Duration(tenth), tenth, last/time.Duration(tenth), float64(last)/float64(first))
	return nil
}

// oneAfterAnother returns how long each event took from its raise to its commit.
func oneAfterAnother(ctx context.Context, events, cache int) ([]time.Duration, error) {
	turns := make(chan struct{}, 1)
	r, err := newSetup(ctx, cache, func(string, *record.InstanceRecord) { turns <- struct{}{} })
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if _, err := r.client.Start(ctx, "Count", events, client.WithInstanceID("count")); err != nil {
		return nil, err
	}
	if err := await(ctx, turns); err != nil {
		return nil, err
	}
	took := make([]time.Duration, events)
	for i := range took {
		raised := time.Now()
		if err := r.client.Raise(ctx, "count", "Item", i); err != nil {
			return nil, err
		}
		if err := await(ctx, turns); err != nil {
			return nil, err
		}
		took[i] = time.Since(raised)
	}
	instance, err := r.client.Wait(ctx, "count")
	if err == nil && instance.Status != client.Completed {
		err = fmt.Errorf("the instance is %s after its last event", instance.Status)
	}
	return took, err
}

func sum(durations []time.Duration) time.Duration {
	var total time.Duration
	for _, d := range durations {
		total += d
	}
	return total
}
