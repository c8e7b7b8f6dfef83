package worker_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// said is an instance "i" to which one verb is said.
type said struct {
	*fixture
	// sound is set when the code of the instance does not fail any more.
	sound atomic.Bool
}

// code waits for the thing that its input names: an activity that nobody runs, a timer, or
// an event; or it fails.
func (s *said) code(ctx *orchestration.Context, input string) (string, error) {
	activity := orchestration.CallActivity[string](ctx, "Never", nil)
	timer := orchestration.CreateTimer(ctx, time.Hour)
	switch input {
	case "activity":
		result, err := activity.Await()
		if err != nil {
			return "failed", nil //nolint:nilerr // the failure is what was waited for
		}
		return result, nil
	case "timer":
		_, err := timer.Await()
		return "fired", err
	case "event":
		return orchestration.Event[string]("E").Wait(ctx).Await()
	}
	if !s.sound.Load() {
		return "", errors.New("not sound")
	}
	return "sound", nil
}

// begin starts the instance, and waits for its status.
func (s *said) begin(input string, status client.Status) {
	s.start("O", input, "i")
	s.has(status)
}

func (s *said) has(status client.Status) {
	s.until("i", func(i *client.Instance) bool { return i.Status == status })
}

// say posts a message to the instance.
func (s *said) say(m hub.Message) {
	m.Instance = "i"
	v, _, err := s.hub.LoadLatest(s.ctx, "i")
	require.NoError(s, err)
	if v != nil {
		m.Execution = v.Execution
	}
	_, err = s.hub.Post(s.ctx, m)
	require.NoError(s, err)
}

// effects say each verb, and check that it has had its effect.
var effects = map[hub.Verb]func(*said){
	hub.VerbStart: func(s *said) {
		s.say(hub.Message{Verb: hub.VerbStart, Arg: "O", Data: []byte(`"event"`), Replaces: hub.NoInstance})
		s.has(client.Running)
	},
	hub.VerbRaise: func(s *said) {
		s.begin("event", client.Running)
		s.say(hub.Message{Verb: hub.VerbRaise, Arg: "E", Data: []byte(`"raised"`)})
		s.completes("i", `"raised"`)
	},
	hub.VerbTerminate: func(s *said) {
		s.begin("event", client.Running)
		s.say(hub.Message{Verb: hub.VerbTerminate})
		s.has(client.Terminated)
	},
	hub.VerbSuspend: func(s *said) {
		s.begin("event", client.Running)
		s.say(hub.Message{Verb: hub.VerbSuspend})
		s.has(client.Suspended)
	},
	hub.VerbResume: func(s *said) {
		s.begin("event", client.Running)
		s.say(hub.Message{Verb: hub.VerbSuspend})
		s.has(client.Suspended)
		s.say(hub.Message{Verb: hub.VerbResume})
		s.has(client.Running)
	},
	hub.VerbRewind: func(s *said) {
		s.begin("nothing", client.Failed)
		s.sound.Store(true)
		s.say(hub.Message{Verb: hub.VerbRewind})
		s.has(client.Completed)
	},
	hub.VerbCompleted: func(s *said) {
		s.begin("activity", client.Running)
		s.say(hub.Message{Verb: hub.VerbCompleted, Arg: "1", Data: []byte(`"completed"`)})
		s.completes("i", `"completed"`)
	},
	hub.VerbFailed: func(s *said) {
		s.begin("activity", client.Running)
		s.say(hub.Message{Verb: hub.VerbFailed, Arg: "1", Data: []byte(`{"type":"t","message":"m"}`)})
		s.completes("i", `"failed"`)
	},
	hub.VerbFired: func(s *said) {
		s.begin("timer", client.Running)
		s.say(hub.Message{Verb: hub.VerbFired, Arg: "2"})
		s.completes("i", `"fired"`)
	},
}

// Every verb has an effect: none is dropped by the engine as if it were meant for somebody
// else.
func TestEveryVerbHasAnEffect(t *testing.T) {
	t.Parallel()
	for _, verb := range hub.Verbs {
		t.Run(string(verb), func(t *testing.T) {
			t.Parallel()
			effect := effects[verb]
			require.NotNil(t, effect, "say what the verb does to an instance")
			s := &said{}
			s.fixture = newFixture(t, memhub.New(memhub.Config{}), func(r *orchestration.Registry) {
				r.Add(orchestration.Orchestrator("O", s.code))
			})
			s.work()
			effect(s)
		})
	}
}
