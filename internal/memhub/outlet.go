package memhub

import (
	"context"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

type timerKey struct {
	instance  string
	execution string
	task      int64
}

// timer is a durable timer that has not fired.
type timer struct {
	key  timerKey
	due  hub.Timer
	stop func()
}

// Send carries out commands in order; see hub.Outbox.
func (m *Hub) Send(ctx context.Context, commands []hub.Command) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, c := range commands {
		if c.Tell != nil {
			if err := m.check(*c.Tell); err != nil {
				return err
			}
		}
	}
	for _, c := range commands {
		switch {
		case c.Run != nil:
			m.workOf(c.Run.Name).add(*c.Run)
		case c.Set != nil:
			m.setTimer(*c.Set)
		case c.Cancel != nil:
			m.dropTimer(keyOf(*c.Cancel))
		case c.Tell != nil:
			// Told again it is stored again: the receiver has to know it.
			m.post(*c.Tell)
		}
	}
	return nil
}

func keyOf(t hub.Timer) timerKey { return timerKey{t.Instance, t.Execution, t.Task} }

// setTimer sets a timer, in place of one of the same key. One that has fired
// already fires again: the hub does not remember it.
func (m *Hub) setTimer(due hub.Timer) {
	m.dropTimer(keyOf(due))
	m.sequence++
	t := &timer{key: keyOf(due), due: due}
	m.timers[t.key] = t
	m.arm(t)
}

func (m *Hub) arm(t *timer) {
	t.stop = m.config.Clock.AfterFunc(t.due.At.Sub(m.now()), func() { m.fire(t) })
}

func (m *Hub) fire(t *timer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.timers[t.key] != t {
		return
	}
	if m.now().Before(t.due.At) {
		// The wall clock was set back meanwhile.
		m.arm(t)
		return
	}
	delete(m.timers, t.key)
	m.post(hub.Message{
		Instance: t.due.Instance, Verb: hub.VerbFired,
		Arg: record.TaskArg(t.due.Task), Execution: t.due.Execution,
	})
}

func (m *Hub) dropTimer(key timerKey) {
	if t := m.timers[key]; t != nil {
		t.stop()
		delete(m.timers, key)
	}
}

// dropTimersOf drops every timer of an instance.
func (m *Hub) dropTimersOf(instance string) {
	for key := range m.timers {
		if key.instance == instance {
			m.dropTimer(key)
		}
	}
}
