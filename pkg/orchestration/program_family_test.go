package orchestration_test

import (
	"time"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func (a *actor) call(o op) opened {
	var options []orchestration.ActivityOption
	if o.Flag {
		options = append(options, retry(o))
	}
	return open(orchestration.CallActivity[string](a.ctx, o.Name, o.N, options...))
}

func (a *actor) child(o op) opened {
	var options []orchestration.SubOrchestrationOption
	if o.Flag {
		options = append(options, retry(o))
	}
	if o.Seconds > 1 {
		options = append(options, orchestration.WithInstanceID("child "+o.Name))
	}
	return open(orchestration.CallSubOrchestration[string](a.ctx, o.Name, o.N, options...))
}

func retry(o op) orchestration.CallOption {
	return orchestration.WithRetry(orchestration.RetryPolicy{FirstInterval: time.Second, Backoff: 2, MaxAttempts: o.N + 1})
}

// reach does the operations that are neither a task nor about one.
func (a *actor) reach(o op) {
	switch o.Do {
	case "send":
		a.say("sent ", orchestration.Event[any](o.Name).Send(a.ctx, "child "+o.Name, o.N))
	case "version":
		a.version(o)
	case "stop":
		if len(a.cancels) > 0 {
			a.cancels[o.N%len(a.cancels)]()
		}
	}
}

// version does nothing in the oldest version of a change: as code does that was
// written before it.
func (a *actor) version(o op) {
	if v := orchestration.Version(a.ctx, o.Name, 1, 4); v > 1 {
		a.say("version ", v)
		a.open = append(a.open, a.call(op{Name: o.Name}))
	}
}

// scope does steps in a scope of their own, and with the flag cancels it behind
// them.
func (a *actor) scope(o op) {
	ctx, cancel := orchestration.WithCancel(a.ctx)
	a.cancels = append(a.cancels, cancel)
	(&actor{ctx: ctx, shared: a.shared}).run(o.Ops)
	if o.Flag {
		cancel()
	}
}

func (a *actor) next(o op) {
	var options []orchestration.ContinueAsNewOption
	if o.Flag {
		options = append(options, orchestration.DropEvents())
	}
	if err := a.ctx.ContinueAsNew(len(a.log), options...); err != nil {
		panic(err)
	}
}
