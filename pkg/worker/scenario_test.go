package worker_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/examples"
	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func TestScenario1BudgetApproval(t *testing.T) {
	t.Parallel()
	each(t, examples.Register, func(s *fixture) {
		s.work()
		s.start("BudgetApproval", examples.Budget{Amount: 100}, "yes")
		s.start("BudgetApproval", examples.Budget{Amount: 7}, "no")
		s.waits("yes", "Approval")
		s.raise("yes", "Approval", "true")
		s.raise("no", "Approval", "false")
		s.completes("yes", `"spent 100.00"`)
		s.completes("no", `"rejected 7.00"`)
	})
}

func TestScenario2Select(t *testing.T) {
	t.Parallel()
	each(t, examples.Register, func(s *fixture) {
		s.work()
		for id, c := range map[string][3]string{
			"float": {"Event1", "1.5", `"Event1 brought 1.5"`},
			"bool":  {"Event2", "true", `"Event2 brought true"`},
			"int":   {"Event3", "42", `"Event3 brought 42"`},
		} {
			s.start("Select", nil, id)
			s.waits(id, "Event1")
			s.raise(id, c[0], c[1])
			s.completes(id, c[2])
		}
	})
}

func TestScenario3NewBuildingPermit(t *testing.T) {
	t.Parallel()
	each(t, examples.Register, func(s *fixture) {
		s.work()
		s.start("NewBuildingPermit", "A-17", "p")
		s.raise("p", "BuildingDeptApproval", "")
		s.raise("p", "CityPlanningApproval", "true")
		i := s.waits("p", "FireDeptApproval")
		require.Equal(s, client.Running, i.Status)
		s.raise("p", "FireDeptApproval", `{"by":"chief"}`)
		s.completes("p", `"permit for A-17"`)
	})
}

func TestScenario6WaitsForEver(t *testing.T) {
	t.Parallel()
	each(t, examples.Register, func(s *fixture) {
		stop := s.work()
		s.start("BudgetApproval", examples.Budget{Amount: 1}, "b")
		s.waits("b", "Approval")
		stop()
		s.raise("b", "Approval", "true")
		s.work()
		s.completes("b", `"spent 1.00"`)
	})
}

func TestScenario7Buffered(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Late", func(ctx *orchestration.Context, _ orchestration.None) ([]int, error) {
			if _, err := orchestration.Event[any]("Go").Wait(ctx).Await(); err != nil {
				return nil, err
			}
			var got []int
			for range 3 {
				n, err := orchestration.Event[int]("Number").Wait(ctx).Await()
				if err != nil {
					return nil, err
				}
				got = append(got, n)
			}
			return got, nil
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Late", nil, "l")
		s.raise("l", "Number", "1")
		s.raise("l", "Number", "2")
		s.raise("l", "Number", "3")
		s.raise("l", "Go", "")
		s.completes("l", `[1,2,3]`)
	})
}

func TestScenario8NoSuchInstance(t *testing.T) {
	t.Parallel()
	each(t, examples.Register, func(s *fixture) {
		s.work()
		require.ErrorIs(s, s.client.Raise(s.ctx, "nobody", "Approval", true), client.ErrInstanceNotFound)
		_, err := s.client.Get(s.ctx, "nobody")
		require.ErrorIs(s, err, client.ErrInstanceNotFound)
	})
}

func TestScenario9WrongPayload(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Patient", func(ctx *orchestration.Context, _ orchestration.None) (string, error) {
			_, err := orchestration.Event[bool]("Approval").Wait(ctx).Await()
			if err == nil {
				return "no error", nil
			}
			again, err2 := orchestration.Event[bool]("Approval").Wait(ctx).Await()
			if !again || err2 != nil {
				return "", err2
			}
			return err.Error(), nil
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Patient", nil, "p")
		s.raise("p", "Approval", `{"yes":1}`)
		s.raise("p", "Approval", `true`)
		i := s.ends("p")
		require.Equal(s, client.Completed, i.Status)
		require.Contains(s, string(i.Output), `event \"Approval\"`)
		require.Contains(s, string(i.Output), `bool`)
	})
}

func TestScenario10PhoneVerification(t *testing.T) {
	t.Parallel()
	each(t, examples.Register, func(s *fixture) {
		s.work()
		for id, answers := range map[string]func(code int) []string{
			"at once":     func(code int) []string { return []string{strconv.Itoa(code)} },
			"as text":     func(code int) []string { return []string{strconv.Quote(strconv.Itoa(code))} },
			"third try":   func(code int) []string { return []string{"1", `"no idea"`, strconv.Itoa(code)} },
			"three wrong": func(int) []string { return []string{"1", "2", "3"} },
		} {
			s.start("PhoneVerification", "+43 1 234", id)
			s.waits(id, "SmsChallengeResponse")
			for _, answer := range answers(s.challenge(id)) {
				s.raise(id, "SmsChallengeResponse", answer)
			}
			s.completes(id, strconv.FormatBool(id != "three wrong"))
		}
		require.Eventually(s, func() bool { return s.timers() == 0 }, patience, 20*time.Millisecond, "timers are left on the hub")

		// Nobody answers: the deadline is shown, and the timer set on the hub.
		s.start("PhoneVerification", "+43 1 234", "late")
		i := s.waits("late", "SmsChallengeResponse")
		timer := slices.IndexFunc(i.Waits, func(w client.Wait) bool { return w.Kind == history.WaitTimer })
		require.Equal(s, examples.ChallengeTime, i.Waits[timer].Deadline.Sub(i.Waits[timer].Since))
		require.Eventually(s, func() bool { return s.timers() == 1 }, patience, 20*time.Millisecond)
		s.fires("late", i.Waits[timer].Task)
		s.completes("late", "false")
	})
}

// challenge returns the code that was sent.
func (s *fixture) challenge(id string) int {
	s.Helper()
	events, err := s.client.History(s.ctx, id)
	require.NoError(s, err)
	for _, e := range events {
		if e.Kind == history.TaskCompleted {
			code, err := strconv.Atoi(string(e.Data))
			require.NoError(s, err)
			require.GreaterOrEqual(s, code, 1000)
			require.Less(s, code, 10000)
			return code
		}
	}
	s.Fatal("no challenge was sent")
	return 0
}

// timers returns how many timers are set on the hub.
func (s *fixture) timers() int {
	s.Helper()
	switch h := s.hub.(type) {
	case *memhub.Hub:
		return h.Backlog().Timers
	case *jetstream.Hub:
		api, err := js.New(natstest.Connect(s, natstest.Shared(s)))
		require.NoError(s, err)
		stream, err := api.Stream(s.ctx, h.Name()+"-timer")
		require.NoError(s, err)
		info, err := stream.Info(s.ctx, js.WithSubjectFilter(h.Name()+".timer.>"))
		require.NoError(s, err)
		return len(info.State.Subjects)
	}
	s.Fatalf("no way to count the timers of a %T", s.hub)
	return 0
}

// fires makes a timer due now.
func (s *fixture) fires(id string, task int64) {
	s.Helper()
	i, err := s.client.Get(s.ctx, id)
	require.NoError(s, err)
	_, err = s.hub.Post(s.ctx, hub.Message{
		Instance: id, Verb: hub.VerbFired, Arg: record.TaskArg(task), Execution: i.Execution,
	})
	require.NoError(s, err)
}

// Microsoft's counter sample: each round makes new waits, and the loser is not
// cancelled.
func TestScenarioCounterWhoseLosersAreNotCancelled(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Counter", func(ctx *orchestration.Context, _ orchestration.None) (int, error) {
			for count := 0; ; count++ {
				incr := orchestration.Event[orchestration.None]("incr").Wait(ctx)
				done := orchestration.Event[orchestration.None]("done").Wait(ctx)
				if winner, err := orchestration.WhenAny(ctx, incr, done).Await(); winner == done || err != nil {
					return count, err
				}
			}
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Counter", nil, "c")
		s.raise("c", "incr", "")
		s.raise("c", "incr", "")
		s.raise("c", "done", "")
		s.completes("c", "2")
		stored, _, err := s.hub.Load(s.ctx, "c")
		require.NoError(s, err)
		require.Equal(s, record.NewestRule, stored.Log.Events[0].Task, "a replay would not know by which rule its events went")
	})
}
