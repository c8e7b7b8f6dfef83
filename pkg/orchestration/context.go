package orchestration

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/dormouse-dev/dormouse/internal/rawjson"
)

// Context is an orchestrator's hold on the world: all that it knows and all that
// it does goes through it, so that replay can give the same answers again. It is
// good for all branches of the orchestrator it was made for, and for nothing
// else: used on a goroutine that a go statement has started, the call ends that
// goroutine, and the instance is blocked with a [ForeignGoroutineError].
type Context struct {
	x *Execution
	// scope that its tasks belong to, nil for none.
	scope *scope
}

// InstanceID returns the id of the instance.
func (c *Context) InstanceID() string { return c.x.info.Instance }

// ExecutionID returns the id of this execution: another for every start of the
// instance and for every generation after ContinueAsNew.
func (c *Context) ExecutionID() string { return c.x.info.ID }

// Name returns the name the orchestrator is registered by.
func (c *Context) Name() string { return c.x.info.Name }

// Version returns the version of the orchestrator's code that the execution runs,
// as [AsVersion] gave it; empty if it has none.
func (c *Context) Version() string { return c.x.code.version }

// ParentID returns the id of the instance that this one is a sub-orchestration of,
// empty if it is none.
func (c *Context) ParentID() string {
	if c.x.info.Parent == nil {
		return ""
	}
	return c.x.info.Parent.Instance
}

// Generation counts how often the instance has continued as new, from 0.
func (c *Context) Generation() int64 { return c.x.info.Generation }

// CurrentTime returns when the input that the orchestrator is handling was taken
// in, in UTC: the same on every replay. It stands still between two inputs.
func (c *Context) CurrentTime() time.Time {
	c.x.mustOwn()
	return c.x.now
}

// IsReplaying reports whether the code is being run again over what it has done
// before. Never decide by it; it is for side effects that do not matter, such as
// metrics.
func (c *Context) IsReplaying() bool {
	c.x.mustOwn()
	return c.x.replaying.Load()
}

// Logger returns a logger that is silent while replaying. Its lines carry the
// instance id. The logger itself may be used on any goroutine.
func (c *Context) Logger() *slog.Logger {
	c.x.mustOwn()
	if c.x.logger == nil {
		c.x.logger = replaySafe(c.x.registry.Logger, c.x)
	}
	return c.x.logger
}

// SetCustomStatus sets what the instance shows of itself, as JSON, until set
// again; ContinueAsNew does not change it. It returns an error if status cannot be written as JSON or takes more
// than 16 KiB.
func (c *Context) SetCustomStatus(status any) error {
	c.x.mustRun()
	const most = 16 << 10
	data, err := rawjson.Encode(status)
	if err != nil {
		return fmt.Errorf("custom status: %w", err)
	}
	if len(data) > most {
		return fmt.Errorf("%w: custom status of %d bytes, the limit is %d", ErrTooLarge, len(data), most)
	}
	c.x.customStatus = data
	return nil
}
