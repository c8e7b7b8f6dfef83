package memhub

import (
	"context"
	"fmt"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// timer is a durable timer that has not fired.
type timer struct {
	key  taskKey
	due  hub.Timer
	stop func()
}

// Send carries out commands in order; see hub.Outbox.
func (c *control) Send(ctx context.Context, commands []hub.Command) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.mu.Unlock()
	for _, command := range commands {
		if command.Tell != nil {
			if err := c.check(*command.Tell); err != nil {
				return err
			}
		}
	}
	for _, command := range commands {
		switch {
		case command.Run != nil:
			c.work.queue(command.Run.Name).add(*command.Run)
		case command.Set != nil:
			c.setTimer(*command.Set)
		case command.Cancel != nil:
			c.dropTimer(timerKey(*command.Cancel))
		case command.Tell != nil:
			// A message that is sent again is stored again: the receiver has to know it.
			c.post(*command.Tell)
		}
	}
	return nil
}

// Reply sends the outcome to the asker whose receipt it is, if there still is one; see
// hub.Outbox. It returns an error wrapping [ident.ErrInvalidName] for a text that is no receipt.
func (c *control) Reply(ctx context.Context, receipt string, outcome history.Outcome) error {
	if !strings.HasPrefix(receipt, inboxPrefix) {
		return fmt.Errorf("%w: receipt %q", ident.ErrInvalidName, receipt)
	}
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.mu.Unlock()
	if asker := c.askers[receipt]; asker != nil {
		asker <- outcome
		delete(c.askers, receipt)
	}
	return nil
}

func timerKey(t hub.Timer) taskKey { return taskKey{t.Instance, t.Execution, t.Task} }

// setTimer sets a timer, in place of one of the same key. A timer that has fired already fires
// again: the hub does not remember it.
func (c *control) setTimer(due hub.Timer) {
	c.dropTimer(timerKey(due))
	c.sequence++
	t := &timer{key: timerKey(due), due: due}
	c.timers[t.key] = t
	c.arm(t)
}

// arm lets the timer fire when it is due.
func (c *control) arm(t *timer) {
	t.stop = c.config.Clock.AfterFunc(t.due.At.Sub(c.now()), func() { c.fire(t) })
}

// fire sends the message of a timer that is due, unless the timer was cancelled or set anew.
func (c *control) fire(t *timer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timers[t.key] != t {
		return
	}
	if c.now().Before(t.due.At) {
		// The wall clock was set back meanwhile.
		c.arm(t)
		return
	}
	delete(c.timers, t.key)
	c.post(hub.Message{
		Instance: t.due.Instance, Verb: hub.VerbFired,
		Arg: record.TaskArg(t.due.Task), Execution: t.due.Execution,
	})
}

func (c *control) dropTimer(key taskKey) {
	if t := c.timers[key]; t != nil {
		t.stop()
		delete(c.timers, key)
	}
}

// dropTimersOf drops every timer of an instance.
func (c *control) dropTimersOf(instance string) {
	for key := range c.timers {
		if key.instance == instance {
			c.dropTimer(key)
		}
	}
}
