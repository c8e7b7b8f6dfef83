package replay

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
)

// ErrForeignGoroutine is wrapped by [ForeignGoroutineError].
var ErrForeignGoroutine = errors.New("the goroutine does not belong to the orchestrator")

// ForeignGoroutineError says that an orchestration.Context, or a task made with it, was used
// on a goroutine that the orchestrator does not own, such as one that a go statement has
// started: the order in which such goroutines run would differ from replay to replay. The
// call does not return; its goroutine ends as by runtime.Goexit. Nothing that the
// orchestrator did since its last wait has any effect, and the instance is blocked until the
// code is put right: orchestration.Go starts goroutines that an orchestrator owns.
type ForeignGoroutineError struct {
	// Orchestrator is its name, Call the function that was called.
	Orchestrator, Call string
	// At is the line that called it, Stack the whole stack of its goroutine.
	At, Stack string

	control *control
}

// Error names the orchestrator, the call and its line.
func (e *ForeignGoroutineError) Error() string {
	return fmt.Sprintf("%v: orchestrator %q: %s was called by %s on a goroutine that the orchestrator does not own: start goroutines by orchestration.Go",
		ErrForeignGoroutine, e.Orchestrator, e.Call, e.At)
}

// Unwrap returns [ErrForeignGoroutine].
func (e *ForeignGoroutineError) Unwrap() error { return ErrForeignGoroutine }

// LogValue makes a log show the stack as well.
func (e *ForeignGoroutineError) LogValue() slog.Value { return withStack(e, e.Stack) }

// Returned reports whether the orchestrator's own code has come to its end, or waits.
func (e *ForeignGoroutineError) Returned() bool { return e.control.returned() }

// MustOwn ends the calling goroutine if the orchestrator does not own it.
func (b *branches) MustOwn() {
	if b.owner.Load() != goroutine() {
		b.trespass()
	}
}

// trespass ends a goroutine that the orchestrator does not own, after it has broken
// the orchestrator off. If the goroutine is one of another orchestrator's, it panics instead:
// the mistake is in that orchestrator's code.
func (b *branches) trespass() {
	stack := string(debug.Stack())
	call, at := callOf(stack)
	if isBranch(stack) {
		panic(fmt.Sprintf("orchestration: %s was called with a Context or a task of another instance, %q: an orchestrator may use its own alone",
			call, b.orchestrator.env.info.Instance))
	}
	if !b.closed.Load() {
		b.control.leave(&ForeignGoroutineError{
			Orchestrator: b.orchestrator.name(), Call: call, At: at, Stack: stack, control: b.control,
		})
	}
	runtime.Goexit()
}

// The packages that stand between users' code and this one in a stack.
const (
	thisPackage = "github.com/dormouse-dev/dormouse/internal/replay."
	userPackage = "github.com/dormouse-dev/dormouse/pkg/orchestration."
)

// ownName returns a function's name within these packages, and false if it is of another.
func ownName(function string) (string, bool) {
	if name, ok := strings.CutPrefix(function, userPackage); ok {
		return name, true
	}
	return strings.CutPrefix(function, thisPackage)
}

// callOf returns the function of package orchestration that users' code called, and the line
// of that call.
func callOf(stack string) (call, at string) {
	for _, f := range frames(stack) {
		if name, own := ownName(f.function); own {
			call = strings.ReplaceAll(name, "[...]", "")
			call = strings.TrimSuffix(call[strings.LastIndexByte(call, ')')+1:], "-fm")
			call = strings.TrimPrefix(call, ".")
		} else if call != "" && !f.isStandard() {
			return call, f.String()
		}
	}
	return call, "unknown code"
}

// isBranch reports whether a stack is that of a branch.
func isBranch(stack string) bool {
	for _, f := range frames(stack) {
		if f.function == thisPackage+"(*branch).main" {
			return true
		}
	}
	return false
}
