package main

import (
	"errors"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/test/chaos/record"
)

func register(r *orchestration.Registry, d *diary) {
	r.Add(orchestration.Orchestrator(record.Tally, recorder(took)))
	r.Add(orchestration.Orchestrator(record.Noted, recorder(noted)))
	r.Add(orchestration.Orchestrator(record.Alarms, recorder(alarm)))
	r.Add(orchestration.Orchestrator(record.Family, recorder(child)))
	r.Add(orchestration.Orchestrator(record.Rounds, rounds))
	r.Add(orchestration.Orchestrator(record.Window, window))
	r.Add(orchestration.Orchestrator(record.Canary, canary))
	r.Add(orchestration.Orchestrator(record.Killer, killer))
	r.Add(orchestration.Orchestrator(record.Deadly, deadly))
	r.Add(orchestration.Orchestrator(record.Foreign, foreign))
	r.Add(orchestration.Orchestrator("Echo", echo))
	r.Add(orchestration.Activity("Begin", d.begin))
	r.Add(orchestration.Activity("Stamp", stamp))
	r.Add(orchestration.Activity("Note", note))
	r.Add(orchestration.Activity("Die", die))
}

// begins has the execution counted.
func begins(ctx *orchestration.Context) error {
	_, err := orchestration.CallActivity[orchestration.None](ctx, "Begin", nil).Await()
	return err
}

// recorder returns an orchestrator that takes items until the last, and deals with
// each of them by take.
func recorder(take func(*orchestration.Context, record.Said, *record.Taken) error) func(*orchestration.Context, orchestration.None) (record.Taken, error) {
	return func(ctx *orchestration.Context, _ orchestration.None) (record.Taken, error) {
		taken := record.Taken{}
		if err := begins(ctx); err != nil {
			return taken, err
		}
		for {
			item, err := orchestration.Event[record.Said](record.Item).Wait(ctx).Await()
			switch {
			case isJunk(err):
				taken.Items = append(taken.Items, record.Junk)
			case err != nil:
				return taken, err
			case item.Last:
				return taken, nil
			default:
				if err := take(ctx, item, &taken); err != nil {
					return taken, err
				}
			}
		}
	}
}

// isJunk reports whether the error is that of an event that cannot be read.
func isJunk(err error) bool {
	var unread *orchestration.ConversionError
	return errors.As(err, &unread)
}

func took(_ *orchestration.Context, item record.Said, taken *record.Taken) error {
	taken.Items = append(taken.Items, item.String())
	return nil
}

func noted(ctx *orchestration.Context, item record.Said, taken *record.Taken) error {
	name, err := orchestration.CallActivity[string](ctx, "Note", item.String()).Await()
	taken.Items = append(taken.Items, name)
	return err
}

// alarm waits for as long as the item says, and notes the true time at which it woke.
func alarm(ctx *orchestration.Context, item record.Said, taken *record.Taken) error {
	taken.Items = append(taken.Items, item.String())
	if item.After == 0 {
		return nil
	}
	if _, err := orchestration.CreateTimer(ctx, time.Duration(item.After)*time.Millisecond).Await(); err != nil {
		return err
	}
	fired, err := orchestration.CallActivity[int64](ctx, "Stamp", nil).Await()
	if taken.Fired == nil {
		taken.Fired = map[string]int64{}
	}
	taken.Fired[item.String()] = fired
	return err
}

func child(ctx *orchestration.Context, item record.Said, taken *record.Taken) error {
	name, err := orchestration.CallSubOrchestration[string](ctx, "Echo", item.String()).Await()
	taken.Items = append(taken.Items, name)
	return err
}

func echo(_ *orchestration.Context, name string) (string, error) { return name, nil }

// perRound is how many items a generation takes.
const perRound = 4

// rounds carries its record over from generation to generation.
func rounds(ctx *orchestration.Context, taken record.Taken) (record.Taken, error) {
	if ctx.Generation() == 0 {
		if err := begins(ctx); err != nil {
			return taken, err
		}
	}
	for range perRound {
		item, err := orchestration.Event[record.Said](record.Item).Wait(ctx).Await()
		switch {
		case isJunk(err):
			taken.Items = append(taken.Items, record.Junk)
		case err != nil || item.Last:
			return taken, err
		default:
			taken.Items = append(taken.Items, item.String())
		}
	}
	return taken, ctx.ContinueAsNew(taken)
}

// window takes items by waits that end after a moment, so that events race against
// timers. A wait that has timed out must not eat an event.
func window(ctx *orchestration.Context, _ orchestration.None) (record.Taken, error) {
	taken := record.Taken{}
	if err := begins(ctx); err != nil {
		return taken, err
	}
	for {
		wait := orchestration.Event[record.Said](record.Item).Wait(ctx, orchestration.WithTimeout(time.Second))
		item, err := wait.Await()
		switch {
		case errors.Is(err, orchestration.ErrTimeout):
		case isJunk(err):
			taken.Items = append(taken.Items, record.Junk)
		case err != nil || item.Last:
			return taken, err
		default:
			taken.Items = append(taken.Items, item.String())
		}
	}
}

// canary shows the number of the last item, so that it can be seen who is served.
func canary(ctx *orchestration.Context, _ orchestration.None) (int, error) {
	for {
		item, err := orchestration.Event[record.Said](record.Item).Wait(ctx).Await()
		if err != nil || item.Last {
			return item.N, err
		}
		if err := ctx.SetCustomStatus(item.N); err != nil {
			return item.N, err
		}
	}
}
