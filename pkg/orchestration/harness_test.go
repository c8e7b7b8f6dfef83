package orchestration_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// tester has the methods that tests, benchmarks and property tests share.
type tester interface {
	require.TestingT
	Helper()
	Fatalf(format string, args ...any)
}

// dawn is when the first input of every test comes in; each next one comes a
// second later.
var dawn = time.Date(2031, time.May, 17, 6, 0, 0, 0, time.UTC)

// harness stands in for the dispatcher: it hands an orchestrator inputs and
// keeps its history. After each input it replays the whole history from scratch
// and requires the same decisions and the same view.
type harness struct {
	t        tester
	registry *orchestration.Registry
	info     replay.Execution
	now      time.Time
	x        *replay.Orchestrator
	events   []record.Event
	trusting bool // do not replay after each input
	// rule that external events go by, the newest unless set.
	rule int64
}

// harnessFor returns a harness that has handed over nothing yet. The caller closes it.
func harnessFor(t tester, r *orchestration.Registry, name, input string) *harness {
	t.Helper()
	if r.Logger == nil {
		r.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	require.NoError(t, r.Err())
	s := &harness{t: t, registry: r, now: dawn, rule: record.NewestRule}
	s.info = replay.Execution{Instance: "i1", ID: "e1", Name: name, Input: payload(input)}
	s.load()
	return s
}

// begins starts an orchestrator function in a harness of its own, closed with the test.
func begins[In, Out any](t *testing.T, input string, fn func(*orchestration.Context, In) (Out, error)) *harness {
	t.Helper()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", fn))
	s := harnessFor(t, r, "Test", input)
	t.Cleanup(s.close)
	s.start()
	return s
}

func payload(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

// load makes the orchestrator live from its history.
func (s *harness) load() {
	s.t.Helper()
	x, err := s.registry.Code().Begin(s.info, s.events)
	require.NoError(s.t, err)
	s.x = x
}

func (s *harness) close() { s.x.Close() }

// reload unloads the orchestrator and loads it again.
func (s *harness) reload() {
	s.t.Helper()
	before := s.x.View()
	s.close()
	s.load()
	require.Equal(s.t, before, s.x.View(), "after being unloaded it shows something else")
}

// hand hands the orchestrator an input and returns its decisions.
func (s *harness) hand(input record.Event) []record.Event {
	s.t.Helper()
	input.Time = s.now
	s.now = s.now.Add(time.Second)
	decisions, err := s.x.Handle(input)
	require.NoError(s.t, err)
	s.events = append(append(s.events, input), decisions...)
	for _, d := range decisions {
		require.True(s.t, d.Kind.IsDecision())
		require.Equal(s.t, input.Time, d.Time)
	}
	if !s.trusting {
		s.checkReplay()
	}
	return decisions
}

// checkReplay requires that the stored form of the history, replayed from scratch, gives the
// same decisions and view as the live orchestrator.
func (s *harness) checkReplay() {
	s.t.Helper()
	log, err := record.ParseLog(record.NewLog(s.events...).Stored())
	require.NoError(s.t, err)
	x, err := s.registry.Code().Begin(s.info, log.Events)
	require.NoError(s.t, err, "replay disagrees with what the code did at first")
	defer x.Close()
	require.Equal(s.t, s.x.View(), x.View(), "replayed from scratch it shows something else")
	require.Equal(s.t, withoutStacks(log.Events), withoutStacks(s.again(log.Events)))
}

// again hands the inputs among events to the orchestrator anew and returns the
// history that comes of it. Begin compares kinds and names of decisions; this shows all of
// their fields.
func (s *harness) again(events []record.Event) []record.Event {
	s.t.Helper()
	x, err := s.registry.Code().Begin(s.info, nil)
	require.NoError(s.t, err)
	defer x.Close()
	var out []record.Event
	for _, e := range events {
		if !e.Kind.IsDecision() {
			decisions, err := x.Handle(e)
			require.NoError(s.t, err)
			out = append(append(out, e), decisions...)
		}
	}
	return out
}

// withoutStacks returns the events with the stacks of panics taken out: they hold
// addresses.
func withoutStacks(events []record.Event) []record.Event {
	out := slices.Clone(events)
	for i := range out {
		out[i].Failure = withoutStack(out[i].Failure)
	}
	return out
}

func withoutStack(f *history.Failure) *history.Failure {
	if f == nil {
		return nil
	}
	bare := *f
	bare.Stack, bare.Cause = "", withoutStack(f.Cause)
	return &bare
}

func (s *harness) start() []record.Event {
	return s.hand(record.Started(s.info.Name, s.version()).By(s.rule))
}

// delay starts the orchestrator when that time is over.
func (s *harness) delay(after time.Duration) []record.Event {
	return s.hand(record.Delayed(s.info.Name, s.version(), s.now.Add(after)).By(s.rule))
}

// version is the one that the execution runs.
func (s *harness) version() string {
	if s.info.Version != "" {
		return s.info.Version
	}
	return s.registry.Code().Newest(s.info.Name)
}

func (s *harness) raise(name, data string) []record.Event {
	return s.hand(record.Event{Kind: history.EventRaised, Name: name, Data: payload(data)})
}

func (s *harness) complete(task int64, data string) []record.Event {
	return s.hand(record.Event{Kind: history.TaskCompleted, Task: task, Data: payload(data)})
}

func (s *harness) fail(task int64, failure *history.Failure) []record.Event {
	return s.hand(record.Event{Kind: history.TaskFailed, Task: task, Failure: failure})
}

func (s *harness) fire(task int64) []record.Event {
	return s.hand(record.Event{Kind: history.TimerFired, Task: task})
}

func (s *harness) suspend() []record.Event {
	return s.hand(record.Event{Kind: history.ExecutionSuspended})
}

func (s *harness) resume() []record.Event {
	return s.hand(record.Event{Kind: history.ExecutionResumed})
}

// rewind stands in for the dispatcher where it rewinds a failed orchestrator: the failures
// that it failed of are taken out of its history, and the tasks that have not ended are asked
// for again.
func (s *harness) rewind() []record.Event {
	s.t.Helper()
	last := len(s.events) - 1
	for s.events[last].Kind.IsDecision() {
		last--
	}
	require.Equal(s.t, history.TaskFailed, s.events[last].Kind)
	task := s.events[last].Task
	s.events = slices.Clone(s.events[:last])
	s.close()
	s.load()
	decisions := s.hand(record.Event{Kind: history.ExecutionRewound})
	again := map[history.Kind]history.Kind{
		history.TaskScheduled: history.TaskRewound, history.ChildScheduled: history.ChildRewound, history.TimerCreated: history.TimerRewound,
	}
	for _, e := range s.events {
		if kind, ok := again[e.Kind]; ok && (e.Task == task || e.Kind == history.TimerCreated) {
			e.Kind = kind
			decisions = append(decisions, s.hand(e)...)
		}
	}
	return decisions
}

// end returns how the orchestrator ended, nil if it has not.
func (s *harness) end() *record.Event {
	for i := range s.events {
		switch s.events[i].Kind {
		case history.ExecutionCompleted, history.ExecutionFailed, history.ContinuedAsNew:
			return &s.events[i]
		}
	}
	return nil
}

// requireOutput requires that the orchestrator has returned this, as JSON.
func (s *harness) requireOutput(want string) {
	s.t.Helper()
	end := s.end()
	require.NotNil(s.t, end, "it has not ended, it waits for %v", s.x.View().Waits)
	require.Equal(s.t, history.ExecutionCompleted, end.Kind, "%+v", end.Failure)
	require.Equal(s.t, want, string(end.Data))
}

// requireFailure requires that the orchestrator has failed and returns why.
func (s *harness) requireFailure() *history.Failure {
	s.t.Helper()
	end := s.end()
	require.NotNil(s.t, end, "it has not ended")
	require.Equal(s.t, history.ExecutionFailed, end.Kind, "output %s", end.Data)
	require.NotNil(s.t, end.Failure)
	return end.Failure
}

func (s *harness) requireRunning() {
	s.t.Helper()
	require.Nil(s.t, s.end())
}

// waits lists the names of the external events waited for.
func (s *harness) waits() []string {
	names := []string{}
	for _, w := range s.x.View().Waits {
		if w.Kind == history.WaitEvent {
			names = append(names, w.Name)
		}
	}
	return names
}

// unconsumed lists the payloads that the ended orchestrator leaves.
func (s *harness) unconsumed() []string {
	list := []string{}
	for _, e := range s.x.View().Unconsumed {
		list = append(list, e.Name+"="+string(e.Data))
	}
	return list
}

// kinds lists the kinds of events.
func kinds(events []record.Event) []string {
	list := []string{}
	for _, e := range events {
		list = append(list, e.String())
	}
	return list
}

func asJSON(t tester, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}
