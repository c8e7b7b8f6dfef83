package replay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

type (
	// OrchestratorFunc is an orchestrator whose input and output are JSON, nil for none.
	OrchestratorFunc func(e *Env, input []byte) ([]byte, error)
	// ActivityFunc is an activity whose input and output are JSON, nil for none.
	ActivityFunc func(ctx context.Context, input []byte) ([]byte, error)
)

// Code holds a program's orchestrators and activities by name. The zero Code is empty.
type Code struct {
	// Logger is where orchestrators log to; nil for slog.Default.
	Logger *slog.Logger
	// StuckAfter is how long an orchestrator may run without waiting for a task; 10 s if
	// zero.
	StuckAfter time.Duration

	orchestrators map[string][]*orchestratorVersion
	activities    map[string]ActivityFunc
	errs          []error
}

// AddOrchestrator adds an orchestrator, in a version of its code unless version is nil.
// [Code.Err] reports a mistake.
func (c *Code) AddOrchestrator(name string, version *string, run OrchestratorFunc) {
	v := &orchestratorVersion{run: run}
	if version != nil {
		v.version, v.named = *version, true
	}
	if !c.check("orchestrator", name, run == nil, v.check(name, c.orchestrators[name])) {
		return
	}
	if c.orchestrators == nil {
		c.orchestrators = map[string][]*orchestratorVersion{}
	}
	c.orchestrators[name] = append(c.orchestrators[name], v)
}

// AddActivity adds an activity. [Code.Err] reports a mistake.
func (c *Code) AddActivity(name string, run ActivityFunc) {
	var twice error
	if c.activities[name] != nil {
		twice = fmt.Errorf("activity %q is registered twice", name)
	}
	if !c.check("activity", name, run == nil, twice) {
		return
	}
	if c.activities == nil {
		c.activities = map[string]ActivityFunc{}
	}
	c.activities[name] = run
}

// check reports whether a registration is good, and notes its mistake if it is not.
func (c *Code) check(kind, name string, isNil bool, err error) bool {
	if bad := ident.CheckName(kind+" name", name); bad != nil {
		err = bad
	}
	if err == nil && isNil {
		err = fmt.Errorf("%s %q: the function is nil", kind, name)
	}
	if err != nil {
		c.errs = append(c.errs, err)
	}
	return err == nil
}

// Err returns the mistakes of all registrations, nil if there are none.
func (c *Code) Err() error { return errors.Join(c.errs...) }

// Orchestrators returns the names of the orchestrators, sorted.
func (c *Code) Orchestrators() []string { return slices.Sorted(maps.Keys(c.orchestrators)) }

// Activities returns the names of the activities, sorted.
func (c *Code) Activities() []string { return slices.Sorted(maps.Keys(c.activities)) }

// Begin returns the live orchestrator of an execution, replayed up to the end of events. It
// returns an error wrapping [ErrNotRegistered] if its code is not here, in that version; a
// [*NonDeterminismError] if the code does not agree with the events, a [*VersionError] if it
// does not support a version that they hold, and a [*StuckError] if it does not give control
// back.
func (c *Code) Begin(info Execution, events []record.Event) (*Orchestrator, error) {
	version, err := c.version(info, events)
	if err != nil {
		return nil, err
	}
	o := newOrchestrator(info, version, c)
	if err := o.replay(events); err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}
