package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// eternal takes one event in each generation, and continues as new for left generations.
func eternal(ctx *orchestration.Context, left int) (int, error) {
	if _, err := orchestration.Event[int]("Item").Wait(ctx).Await(); err != nil || left == 1 {
		return 0, err
	}
	return 0, ctx.ContinueAsNew(left - 1)
}

// benchEternal raises an event for every generation. After every tenth of them it shows the
// instance's history, disk and memory.
func benchEternal(ctx context.Context, out io.Writer, generations int) error {
	var turns, largest atomic.Int64
	r, err := newSetup(ctx, 0, func(_ string, v *record.InstanceRecord) {
		turns.Add(1)
		largest.Store(max(largest.Load(), int64(len(v.Encode()))))
	})
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := r.client.Start(ctx, "Eternal", generations, client.WithInstanceID("eternal")); err != nil {
		return err
	}
	begun, tenth := time.Now(), max(1, generations/10)
	for raised := 1; raised <= generations; raised++ {
		if err := r.client.Raise(ctx, "eternal", "Item", raised); err != nil {
			return err
		}
		if raised%tenth == 0 {
			fmt.Fprintf(out, "%7d events, %6d turns: largest value %d bytes, disk %.1f MB, %s\n",
				raised, turns.Load(), largest.Load(), float64(diskUsage(r.dir))/1e6, memory(r))
		}
	}
	i, err := r.client.Wait(ctx, "eternal")
	if err != nil {
		return err
	}
	took := time.Since(begun)
	fmt.Fprintf(out, "%s after %d generations: %.1f s, %.0f generations/s, %d events in the history\n",
		i.Status, i.Generation+1, took.Seconds(), float64(generations)/took.Seconds(), i.Events)
	return nil
}

// diskUsage returns the bytes of all files in a directory and below.
func diskUsage(dir string) int64 {
	var bytes int64
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // a file that has just gone takes no room
		}
		if info, err := entry.Info(); err == nil {
			bytes += info.Size()
		}
		return nil
	})
	return bytes
}
