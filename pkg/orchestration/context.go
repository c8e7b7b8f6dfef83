package orchestration

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
	"github.com/dormouse-dev/dormouse/internal/replay"
)

// Context connects an orchestrator to its instance: the orchestrator learns everything from
// it and does everything through it, so that replay can give the same answers again. A
// Context may be used by all branches of the orchestrator it was made for, and by nothing
// else: a call on a goroutine that a go statement has started ends that goroutine and blocks
// the instance.
type Context struct {
	env *replay.Env
	// scope holds the Context's tasks, nil for none.
	scope *replay.Scope
}

// InstanceID returns the id of the instance.
func (c *Context) InstanceID() string { return c.env.Info().Instance }

// ExecutionID returns the id of this execution: another for every start of the
// instance and for every generation after ContinueAsNew.
func (c *Context) ExecutionID() string { return c.env.Info().ID }

// Name returns the name the orchestrator is registered by.
func (c *Context) Name() string { return c.env.Info().Name }

// Version returns the version of the orchestrator's code that the execution runs,
// as [AsVersion] gave it; empty if it has none.
func (c *Context) Version() string { return c.env.Version() }

// ParentID returns the id of the instance that this one is a sub-orchestration of,
// empty if it is none.
func (c *Context) ParentID() string {
	if parent := c.env.Info().Parent; parent != nil {
		return parent.Instance
	}
	return ""
}

// Generation counts how often the instance has continued as new, from 0.
func (c *Context) Generation() int64 { return c.env.Info().Generation }

// CurrentTime returns when the input that the orchestrator is handling was taken
// in, in UTC: the same on every replay. It stands still between two inputs.
func (c *Context) CurrentTime() time.Time { return c.env.Now() }

// IsReplaying reports whether the code is being run again over its history. Never decide by
// it; it is for side effects that do not matter, such as metrics.
func (c *Context) IsReplaying() bool { return c.env.IsReplaying() }

// Logger returns a logger that is silent while replaying. Its lines carry the
// instance id. The logger itself may be used on any goroutine.
func (c *Context) Logger() *slog.Logger { return c.env.Logger() }

// Random returns the execution's source of random numbers: the same numbers on
// every replay, other ones in every execution. It is not fit for secrets.
func (c *Context) Random() *rand.Rand { return c.env.Random() }

// NewGUID returns a new globally unique id, the same on every replay, in the
// form of RFC 9562 version 8.
func (c *Context) NewGUID() string { return c.env.NewGUID() }

// SetCustomStatus sets the status, as JSON, that the instance shows until it is set again;
// ContinueAsNew does not change it. It returns an error if status cannot be written as JSON or
// takes more than 16 KiB.
func (c *Context) SetCustomStatus(status any) error {
	c.env.MustRun()
	const most = 16 << 10
	data, err := rawjson.Encode(status)
	if err != nil {
		return fmt.Errorf("custom status: %w", err)
	}
	if len(data) > most {
		return fmt.Errorf("%w: custom status of %d bytes, the limit is %d", ErrTooLarge, len(data), most)
	}
	c.env.SetCustomStatus(data)
	return nil
}

// ready returns [ErrCanceled] if the Context's scope is cancelled. It unwinds the calling
// goroutine if that must not go on.
func (c *Context) ready() error {
	c.env.MustRun()
	if c.scope.IsCanceled() {
		return ErrCanceled
	}
	return nil
}
