package orchestration_test

import (
	"fmt"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// demo stands in for a hub in the examples: it starts one orchestrator and prints
// its decisions and waits. In a program a worker does all this.
type demo struct{ s *harness }

// strict ends an example that goes wrong.
type strict struct{}

func (strict) Helper()                           {}
func (strict) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (strict) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (strict) FailNow()                          { panic("failed") }

func run[In, Out any](fn func(*orchestration.Context, In) (Out, error), input string) *demo {
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Example", fn))
	d := &demo{harnessFor(strict{}, r, "Example", input)}
	d.print(d.s.start())
	return d
}

func (d *demo) close() { d.s.close() }

// raise raises an external event.
func (d *demo) raise(name, data string) {
	fmt.Println(strings.TrimSpace("> " + name + " " + data))
	d.print(d.s.raise(name, data))
}

// complete brings the result of an activity, fail its failure.
func (d *demo) complete(task int64, data string) {
	fmt.Printf("> activity #%d: %s\n", task, data)
	d.print(d.s.complete(task, data))
}

func (d *demo) fail(task int64, kind, message string) {
	fmt.Printf("> activity #%d fails: %s\n", task, message)
	d.print(d.s.fail(task, &history.Failure{Type: kind, Message: message}))
}

// fire says that a timer is due.
func (d *demo) fire(task int64) {
	fmt.Printf("> timer #%d\n", task)
	d.print(d.s.fire(task))
}

func (d *demo) print(decisions []record.Event) {
	for _, e := range decisions {
		fmt.Println(describe(e))
	}
	for _, w := range d.s.x.View().Waits {
		fmt.Println("  waits for", describeWait(w))
	}
}
