package replay

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"
)

// ErrStuck is wrapped by [StuckError].
var ErrStuck = errors.New("the code does not give control back")

// StuckError says that an orchestrator ran for longer than it may without waiting for a
// task: it computes without end, blocks on something that is no task, or does I/O. Nothing
// that it did since its last wait has any effect; its goroutine goes on until the code
// returns or next uses its Context.
type StuckError struct {
	// Orchestrator is its name, After the time that its caller waited.
	Orchestrator string
	After        time.Duration
	// At is the line where the code is, Stack the whole stack of its goroutine; both are
	// empty if the stack was not found.
	At, Stack string

	control *control
}

// Error names the orchestrator and the line where its code is.
func (e *StuckError) Error() string {
	at := ""
	if e.At != "" {
		at = ": it is at " + e.At
	}
	return fmt.Sprintf("%v: orchestrator %q has not waited for a task in %v%s", ErrStuck, e.Orchestrator, e.After, at)
}

// Unwrap returns [ErrStuck].
func (e *StuckError) Unwrap() error { return ErrStuck }

// LogValue makes a log show the stack as well.
func (e *StuckError) LogValue() slog.Value { return withStack(e, e.Stack) }

// Returned reports whether the code has come to its end all the same.
func (e *StuckError) Returned() bool { return e.control.returned() }

func newStuckError(b *branch, c *control) *StuckError {
	var stack string
	if goroutine := b.goroutine.Load(); goroutine != nil {
		stack = stackOf(*goroutine)
	}
	return &StuckError{Orchestrator: b.all.orchestrator.name(), After: c.after, At: firstLine(stack), Stack: stack, control: c}
}

// goroutineID returns the goroutine's name in a traceback.
func goroutineID() *string {
	var buffer [40]byte
	header := buffer[:runtime.Stack(buffer[:], false)]
	id := string(header[:bytes.IndexByte(header, '[')+1])
	return &id
}

// mostStacks bounds how much of all goroutines' stacks is searched, in bytes.
const mostStacks = 64 << 20

// stackOf returns the stack of a goroutine, empty if it cannot be found.
func stackOf(goroutine string) string {
	for size := 1 << 20; ; size *= 4 {
		buffer := make([]byte, size)
		n := runtime.Stack(buffer, true)
		if n == size && size < mostStacks {
			continue
		}
		for stack := range strings.SplitSeq(string(buffer[:n]), "\n\n") {
			if strings.HasPrefix(stack, goroutine) {
				return stack
			}
		}
		return ""
	}
}

// firstLine returns the first line of a stack that is not the runtime's or the
// standard library's.
func firstLine(stack string) string {
	for _, f := range frames(stack) {
		if !f.isStandard() {
			return f.String()
		}
	}
	return ""
}

// withStack makes a log show the stack of an error as well.
func withStack(err error, stack string) slog.Value {
	return slog.GroupValue(slog.String("message", err.Error()), slog.String("stack", stack))
}
