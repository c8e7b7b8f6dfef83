package turn_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// executor runs the orchestrators of the scripts, and can be broken.
type executor struct {
	registry orchestration.Registry
	// missing is set while the worker has none of them, mended once Fragile was put right.
	missing, mended bool
	// broken names the input that the code does not come back from.
	broken string
}

func newExecutor() *executor {
	e := &executor{}
	fragile := orchestration.Orchestrator("Fragile", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
		for {
			what, err := orchestration.Event[string]("Touch").Wait(ctx).Await()
			switch {
			case err != nil:
				return "", err
			case !e.mended:
				return "", errors.New("fragile")
			case what == "end":
				return "ended", nil
			}
		}
	})
	e.registry.Add(fragile,
		orchestration.Orchestrator("Approve", approve), orchestration.Orchestrator("Both", both),
		orchestration.Orchestrator("Family", family), orchestration.Orchestrator("Count", count),
		orchestration.Orchestrator("Collect", collect))
	return e
}

func (e *executor) Begin(info replay.Execution, events []record.Event) (turn.Orchestrator, error) {
	if e.missing {
		return nil, fmt.Errorf("orchestrator %q is not registered", info.Name)
	}
	x, err := e.registry.Code().Begin(info, events)
	if err != nil {
		return nil, err
	}
	return &breakable{x, e}, nil
}

func (e *executor) Newest(orchestrator string) string { return e.registry.Code().Newest(orchestrator) }

type breakable struct {
	turn.Orchestrator
	executor *executor
}

func (b *breakable) Handle(input record.Event) ([]record.Event, error) {
	if b.executor.broken != "" && input.String() == b.executor.broken {
		return nil, errors.New("the code does not give control back")
	}
	return b.Orchestrator.Handle(input)
}

// approve waits for an hour for an approval, and then spends the amount.
func approve(ctx *orchestration.Context, amount int) (string, error) {
	approved, err := orchestration.Event[bool]("Approval").Wait(ctx, orchestration.WithTimeout(time.Hour)).Await()
	switch {
	case errors.Is(err, orchestration.ErrTimeout):
		return "too late", nil
	case err != nil || !approved:
		return "refused", err
	}
	return orchestration.CallActivity[string](ctx, "Spend", amount).Await()
}

// both calls two activities at a time.
func both(ctx *orchestration.Context, _ orchestration.None) (string, error) {
	a := orchestration.CallActivity[string](ctx, "A", 1)
	b := orchestration.CallActivity[string](ctx, "B", 2)
	if _, err := orchestration.WhenAll(ctx, a, b).Await(); err != nil {
		return "", err
	}
	return "both", nil
}

// family calls another orchestrator, and sets a timer meanwhile.
func family(ctx *orchestration.Context, _ orchestration.None) (string, error) {
	orchestration.CreateTimer(ctx, 24*time.Hour)
	return orchestration.CallSubOrchestration[string](ctx, "Part", "in", orchestration.WithInstanceID("c")).Await()
}

// count counts items, each in a generation of its own.
func count(ctx *orchestration.Context, n int) (int, error) {
	if _, err := orchestration.Event[orchestration.None]("Item").Wait(ctx).Await(); err != nil {
		return 0, err
	}
	return n, ctx.ContinueAsNew(n + 1)
}

// collect shows the events it has taken, until it is done.
func collect(ctx *orchestration.Context, _ orchestration.None) (string, error) {
	all := ""
	done := orchestration.Event[orchestration.None]("Done").Wait(ctx)
	for {
		next := orchestration.Event[string]("Next").Wait(ctx)
		first, err := orchestration.WhenAny(ctx, next, done).Await()
		switch {
		case err != nil:
			return "", err
		case first == orchestration.Awaitable(done):
			return all, nil
		}
		item, err := next.Await()
		if err != nil {
			return "", err
		}
		all += item
		if err := ctx.SetCustomStatus(all); err != nil {
			return "", err
		}
	}
}
