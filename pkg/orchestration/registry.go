package orchestration

import (
	"log/slog"
	"time"

	"github.com/dormouse-dev/dormouse/internal/replay"
)

// Registry holds a program's orchestrators and activities by name. The zero
// Registry is empty and ready to use. Fill it before it is given to a worker.
type Registry struct {
	// Logger is where orchestrators log to; nil for slog.Default.
	Logger *slog.Logger
	// StuckAfter is how long an orchestrator may run without waiting for a task; 10 s
	// if zero. One that takes longer is left alone, visibly blocked.
	StuckAfter time.Duration

	code replay.Code
}

// Handle is an orchestrator or an activity of this program, made by [Orchestrator] or
// [Activity]: its name, its code, and the types of its input and output.
type Handle interface {
	// Name returns the name that it is registered and called by.
	Name() string
	addTo(code *replay.Code)
}

// Add makes orchestrators and activities known to the worker that is given the registry.
// Mistakes, such as a name given twice, are reported by [Registry.Err] and by the worker.
func (r *Registry) Add(handles ...Handle) {
	for _, h := range handles {
		h.addTo(&r.code)
	}
}

// Err returns the mistakes of all registrations, nil if there are none.
func (r *Registry) Err() error { return r.code.Err() }

// Orchestrators returns the names of the orchestrators, sorted.
func (r *Registry) Orchestrators() []string { return r.code.Orchestrators() }

// Activities returns the names of the activities, sorted.
func (r *Registry) Activities() []string { return r.code.Activities() }

// Code returns the registered code in the form in which the engine runs it. It is for package
// worker.
func (r *Registry) Code() *replay.Code {
	code := r.code
	code.Logger, code.StuckAfter = r.Logger, r.StuckAfter
	return &code
}
