package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func double(_ context.Context, n int) (int, error) { return 2 * n, nil }

// fanOut calls n activities at once and adds up their results.
func fanOut(ctx *orchestration.Context, n int) (int, error) {
	tasks := make([]*orchestration.Task[int], n)
	for i := range tasks {
		tasks[i] = orchestration.CallActivity[int](ctx, "Double", i)
	}
	total := 0
	for _, task := range tasks {
		result, err := task.Await()
		if err != nil {
			return 0, err
		}
		total += result
	}
	return total, nil
}

// benchFanOut runs instances one after another. It shows how long each took from its start to
// its end, and how many bytes its turns wrote.
func benchFanOut(ctx context.Context, out io.Writer, activities, rounds int) error {
	var turns, bytes int
	r, err := newSetup(ctx, 0, func(_ string, v *record.InstanceRecord) {
		turns++
		bytes += len(v.Encode())
	})
	if err != nil {
		return err
	}
	defer r.Close()
	for round := range rounds {
		turns, bytes = 0, 0
		begun := time.Now()
		id := instanceID(round)
		if _, err := r.client.Start(ctx, "FanOut", activities, client.WithInstanceID(id)); err != nil {
			return err
		}
		i, err := r.client.Wait(ctx, id)
		if err != nil {
			return err
		}
		took := time.Since(begun)
		messages := 2*activities + 1
		fmt.Fprintf(out, "%d activities: %s after %.3f s, %.0f messages/s; %d turns wrote %.1f kB, %d events in the history\n",
			activities, i.Status, took.Seconds(), float64(messages)/took.Seconds(), turns, float64(bytes)/1e3, i.Events)
	}
	return nil
}
