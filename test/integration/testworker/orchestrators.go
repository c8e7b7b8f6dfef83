package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func register(r *orchestration.Registry) {
	r.Add(orchestration.Orchestrator("Ledger", ledger))
	r.Add(orchestration.Orchestrator("Rounds", rounds))
	r.Add(orchestration.Orchestrator("Window", window))
	r.Add(orchestration.Orchestrator("FanOut", fanOut))
	r.Add(orchestration.Orchestrator("Gated", gated))
	r.Add(orchestration.Orchestrator("Deadly", deadly))
	r.Add(orchestration.Orchestrator("CallsDeadly", callsDeadly))
	r.Add(orchestration.Activity("Deadly", endProcess))
	r.Add(orchestration.Activity("Note", note))
	r.Add(orchestration.Activity("Gate", gate))
}

// note takes some time, so that a worker may die over it.
func note(ctx context.Context, n int) (int, error) {
	select {
	case <-time.After(5 * time.Millisecond):
		return n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// ledger takes in n events named Item, one after another, with an activity for
// each and a timer now and then, and returns what they brought.
func ledger(ctx *orchestration.Context, n int) ([]int, error) {
	got := []int{}
	for len(got) < n {
		item, err := orchestration.Event[int]("Item").Wait(ctx).Await()
		if err != nil {
			return nil, err
		}
		noted, err := orchestration.CallActivity[int](ctx, "Note", item).Await()
		if err != nil {
			return nil, err
		}
		got = append(got, noted)
		if len(got)%4 == 0 {
			if _, err := orchestration.CreateTimer(ctx, 100*time.Millisecond).Await(); err != nil {
				return nil, err
			}
		}
	}
	return got, nil
}

type round struct {
	Left int   `json:"left"`
	Got  []int `json:"got"`
}

// rounds is a ledger in which each event is taken in by a generation of its own.
func rounds(ctx *orchestration.Context, in round) ([]int, error) {
	item, err := orchestration.Event[int]("Item").Wait(ctx).Await()
	if err != nil {
		return nil, err
	}
	if item, err = orchestration.CallActivity[int](ctx, "Note", item).Await(); err != nil {
		return nil, err
	}
	in.Got = append(in.Got, item)
	if in.Left--; in.Left == 0 {
		return in.Got, nil
	}
	return nil, ctx.ContinueAsNew(in)
}

// window is a ledger whose waits time out, so that events race against timers. A
// wait that has timed out must not eat an event.
func window(ctx *orchestration.Context, n int) ([]int, error) {
	got := []int{}
	for len(got) < n {
		wait := orchestration.Event[int]("Item").Wait(ctx, orchestration.WithTimeout(200*time.Millisecond))
		item, err := wait.OnTimeout(-1).Await()
		if err != nil {
			return nil, err
		}
		if item >= 0 {
			got = append(got, item)
		}
	}
	return got, nil
}

// fanOut waits for one event and then runs n activities at once.
func fanOut(ctx *orchestration.Context, n int) ([]int, error) {
	if _, err := orchestration.Event[any]("Go").Wait(ctx).Await(); err != nil {
		return nil, err
	}
	var tasks []*orchestration.Task[int]
	for i := range n {
		tasks = append(tasks, orchestration.CallActivity[int](ctx, "Note", i))
	}
	got := []int{}
	for _, task := range tasks {
		noted, err := task.Await()
		if err != nil {
			return nil, err
		}
		got = append(got, noted)
	}
	return got, nil
}

// gated returns at which delivery its activity got through the gate.
func gated(ctx *orchestration.Context, path string) (int, error) {
	return orchestration.CallActivity[int](ctx, "Gate", path).Await()
}

// gate waits until there is a file at the path.
func gate(ctx context.Context, path string) (int, error) {
	fmt.Println("at the gate")
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		if _, err := os.Stat(path); err == nil {
			info, _ := orchestration.ActivityInfoFrom(ctx)
			return info.Delivery, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
