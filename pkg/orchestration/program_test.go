package orchestration_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// op is one step of a random orchestrator.
type op struct {
	Do      string
	Name    string
	Seconds int
	N       int
	Flag    bool
	Ops     []op
}

func (o op) String() string {
	text := o.Do
	for _, part := range []string{o.Name, fmt.Sprint(o.Seconds), fmt.Sprint(o.N), fmt.Sprint(o.Flag)} {
		if part != "" && part != "0" && part != "false" {
			text += " " + part
		}
	}
	if len(o.Ops) > 0 {
		text += fmt.Sprint(o.Ops)
	}
	return text
}

var (
	tasks  = []string{"wait", "wait", "wait", "call", "timer", "child"}
	simple = append([]string{"open", "open", "cancel", "await", "done", "guid", "random", "time", "panic", "next", "send", "version", "stop"}, tasks...)
	nested = []string{"any", "any", "all", "branch", "branch", "loop", "defer", "scope", "scope"}
)

// anyOps draws a program whose steps nest at most depth deep.
func anyOps(depth int) *rapid.Generator[[]op] { return rapid.SliceOfN(anyOp(depth), 1, 5) }

func anyOp(depth int) *rapid.Generator[op] {
	return rapid.Custom(func(t *rapid.T) op {
		choices := simple
		if depth > 0 {
			choices = slices.Concat(simple, nested, nested)
		}
		o := op{Do: rapid.SampledFrom(choices).Draw(t, "do")}
		switch o.Do {
		case "any", "all":
			o.Ops = rapid.SliceOfN(anyTask(), 1, 4).Draw(t, "tasks")
		case "open":
			o.Ops = []op{anyTask().Draw(t, "task")}
		case "branch", "loop", "defer", "scope":
			o.Ops = anyOps(depth-1).Draw(t, "ops")
		case "wait", "call", "timer", "child", "send", "version":
			return fill(t, o)
		}
		o.N = rapid.IntRange(0, 3).Draw(t, "n")
		o.Flag = rapid.Bool().Draw(t, "flag")
		return o
	})
}

// anyTask draws a step that makes one task.
func anyTask() *rapid.Generator[op] {
	return rapid.Custom(func(t *rapid.T) op { return fill(t, op{Do: rapid.SampledFrom(tasks).Draw(t, "do")}) })
}

func fill(t *rapid.T, o op) op {
	o.Name = rapid.SampledFrom([]string{"A", "a", "B", "C"}).Draw(t, "name")
	o.Seconds = rapid.IntRange(0, 3).Draw(t, "seconds")
	o.N = rapid.IntRange(0, 2).Draw(t, "n")
	o.Flag = rapid.Bool().Draw(t, "flag")
	return o
}

// program returns the orchestrator that does the steps. All it sees goes into its
// log, and the log into its custom status and its output.
func program(steps []op) func(*orchestration.Context, none) (string, error) {
	return func(ctx *orchestration.Context, _ none) (string, error) {
		a := &actor{ctx: ctx, shared: &shared{}}
		a.run(steps)
		return strings.Join(a.log, ";"), nil
	}
}

// actor does steps in one branch.
type actor struct {
	ctx *orchestration.Context
	*shared
}

type shared struct {
	log  []string
	open []opened
	// cancels are those of the scopes that were made.
	cancels []func()
}

// opened is a task of any result.
type opened struct {
	orchestration.Awaitable
	cancel func()
	show   func() string
}

func open[T any](t *orchestration.Task[T]) opened {
	return opened{t, t.Cancel, func() string {
		v, err := t.Await()
		return fmt.Sprint(v, " ", err)
	}}
}

func (a *actor) run(steps []op) {
	for _, o := range steps {
		a.do(o)
		if err := a.ctx.SetCustomStatus(a.log); err != nil {
			panic(err)
		}
	}
}

func (a *actor) say(v ...any) { a.log = append(a.log, fmt.Sprint(v...)) }

func (a *actor) do(o op) {
	switch o.Do {
	case "wait", "call", "timer", "child":
		a.say(o.Do, " ", a.task(o).show())
	case "guid":
		a.say(a.ctx.NewGUID())
	case "random":
		a.say(a.ctx.Random().IntN(1000))
	case "time":
		a.say(a.ctx.CurrentTime().Sub(dawn))
	case "panic":
		panic("as the program wills")
	case "next":
		a.next(o)
	case "open":
		a.open = append(a.open, a.task(o.Ops[0]))
	case "cancel", "await", "done":
		a.touch(o)
	case "send", "version", "stop":
		a.reach(o)
	default:
		a.nest(o)
	}
}

// touch does something to a task that was opened before.
func (a *actor) touch(o op) {
	if len(a.open) == 0 {
		return
	}
	task := a.open[o.N%len(a.open)]
	switch o.Do {
	case "cancel":
		task.cancel()
	case "await":
		a.say("awaited ", task.show())
	case "done":
		a.say("done ", task.Done())
	}
}

func (a *actor) nest(o op) {
	switch o.Do {
	case "any", "all":
		a.combine(o)
	case "scope":
		a.scope(o)
	case "branch":
		a.open = append(a.open, open(orchestration.Go(a.ctx, func(ctx *orchestration.Context) (string, error) {
			(&actor{ctx: ctx, shared: a.shared}).run(o.Ops)
			return "branch", nil
		})))
	case "loop":
		for range o.N {
			a.run(o.Ops)
		}
	case "defer":
		func() {
			defer a.run(o.Ops[1:])
			a.run(o.Ops[:1])
		}()
	}
}

func (a *actor) combine(o op) {
	var list []orchestration.Awaitable
	var opened []opened
	for _, part := range o.Ops {
		task := a.task(part)
		opened, list = append(opened, task), append(list, task.Awaitable)
	}
	if o.Do == "all" {
		_, err := orchestration.WhenAll(a.ctx, list...).Await()
		a.say("all ", err)
		return
	}
	winner, err := orchestration.WhenAny(a.ctx, list...).Await()
	a.say("any ", slices.Index(list, winner), " ", err)
	for _, task := range opened {
		if o.Flag {
			task.cancel()
		}
	}
	a.open = append(a.open, opened...)
}

func (a *actor) task(o op) opened {
	switch o.Do {
	case "wait":
		return a.wait(o)
	case "call":
		return a.call(o)
	case "child":
		return a.child(o)
	default:
		return open(orchestration.CreateTimer(a.ctx, time.Duration(o.Seconds)*time.Second))
	}
}

func (a *actor) wait(o op) opened {
	var limit []orchestration.WaitOption
	if o.Flag {
		limit = append(limit, orchestration.WithTimeout(time.Duration(o.Seconds)*time.Second))
	}
	if o.N == 0 {
		return open(orchestration.Event[int](o.Name).Wait(a.ctx, limit...))
	}
	w := orchestration.Event[string](o.Name).Wait(a.ctx, limit...)
	if o.N == 1 {
		w.OnTimeout("by default")
	}
	return open(w)
}
