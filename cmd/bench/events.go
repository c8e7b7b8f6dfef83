package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// benchEvents raises events on one instance, each when the one before is
// committed, and compares the last tenth with the first.
func benchEvents(ctx context.Context, out io.Writer, events, cache int) error {
	if events < 10 {
		return fmt.Errorf("--events %d: at least 10 are needed to compare the first tenth with the last", events)
	}
	turns := make(chan *history.Value, 1)
	r, err := newRig(ctx, cache, func(_ string, v *history.Value) { turns <- v })
	if err != nil {
		return err
	}
	defer r.close()
	if _, err := r.client.Start(ctx, "Count", events, client.WithInstanceID("count")); err != nil {
		return err
	}
	if err := turn(ctx, turns); err != nil {
		return err
	}
	tenth := events / 10
	var first, last time.Duration
	begun := time.Now()
	for i := range events {
		raised := time.Now()
		if err := r.client.Raise(ctx, "count", "Item", i); err != nil {
			return err
		}
		if err := turn(ctx, turns); err != nil {
			return err
		}
		switch {
		case i < tenth:
			first += time.Since(raised)
		case i >= events-tenth:
			last += time.Since(raised)
		}
	}
	took := time.Since(begun)
	instance, err := r.client.Get(ctx, "count")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d events: %.2f s, %.0f events/s, status %s\n", events, took.Seconds(), float64(events)/took.Seconds(), instance.Status)
	fmt.Fprintf(out, "first %d: %v each; last %d: %v each; ratio %.2f\n", tenth, first/time.Duration(tenth), tenth, last/time.Duration(tenth), float64(last)/float64(first))
	return nil
}

func turn(ctx context.Context, turns <-chan *history.Value) error {
	select {
	case <-turns:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Minute):
		return fmt.Errorf("no turn was committed for a minute")
	}
}
