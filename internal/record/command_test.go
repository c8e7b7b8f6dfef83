package record_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func run(execution string, task int64, name, input string) hub.Command {
	return hub.Command{Run: &hub.Activity{Instance: "i", Execution: execution, Task: task, Name: name, Input: []byte(input)}}
}

func set(execution string, task int64, second int) hub.Command {
	return hub.Command{Set: &hub.Timer{Instance: "i", Execution: execution, Task: task, At: at(second)}}
}

func cancel(execution string, task int64) hub.Command {
	return hub.Command{Cancel: &hub.Timer{Instance: "i", Execution: execution, Task: task}}
}

func scheduled(task int64, name, input string) record.Event {
	return record.Event{Kind: history.TaskScheduled, Task: task, Name: name, Data: []byte(input)}
}

func timer(task int64, second int) record.Event {
	return record.TimerCreated(task, at(second))
}

func cancelled(task int64) record.Event {
	return record.Event{Kind: history.TimerCancelled, Task: task}
}

func raised(name string) record.Event { return record.Event{Kind: history.EventRaised, Name: name} }

func TestCommands(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		events []record.Event
		want   []hub.Command
	}{
		"nothing":               {nil, nil},
		"inputs ask nothing":    {goldenEvents()[:8], nil},
		"endings ask nothing":   {goldenEvents()[11:15], nil},
		"activity":              {[]record.Event{scheduled(1, "A", "1")}, []hub.Command{run("e", 1, "A", "1")}},
		"timer":                 {[]record.Event{timer(1, 9)}, []hub.Command{set("e", 1, 9)}},
		"timer of an old turn":  {[]record.Event{cancelled(1)}, []hub.Command{cancel("e", 1)}},
		"set and cancelled":     {[]record.Event{timer(1, 9), cancelled(1)}, nil},
		"one of two cancelled":  {[]record.Event{timer(1, 9), timer(2, 8), cancelled(1)}, []hub.Command{set("e", 2, 8)}},
		"cancelled much later":  {[]record.Event{timer(1, 9), raised("A"), timer(2, 8), raised("B"), cancelled(1)}, []hub.Command{set("e", 2, 8)}},
		"cancels old, sets new": {[]record.Event{cancelled(1), timer(2, 8)}, []hub.Command{cancel("e", 1), set("e", 2, 8)}},
		"child": {
			[]record.Event{record.ChildScheduled(3, "Part", "c", []byte("7"))},
			[]hub.Command{{Tell: &hub.Message{
				Instance: "c", Verb: hub.VerbStart, Arg: "Part", Data: []byte("7"), Replaces: hub.AnyEnded,
				Execution: record.ChildExecution("e", 3), Parent: &record.Parent{Instance: "i", Execution: "e", Task: 3},
			}}},
		},
		"child is to end": {
			[]record.Event{record.ChildTerminated(3, "c", []byte(`"why"`))},
			[]hub.Command{{Tell: &hub.Message{
				Instance: "c", Verb: hub.VerbTerminate, Data: []byte(`"why"`), Execution: record.ChildExecution("e", 3),
				Parent: &record.Parent{Instance: "i", Execution: "e", Task: 3},
			}}},
		},
		"child is to try again": {
			[]record.Event{record.ChildScheduled(3, "Part", "c", []byte("7")).Repeated()},
			[]hub.Command{{Tell: &hub.Message{
				Instance: "c", Verb: hub.VerbStart, Arg: "Part", Execution: record.ChildExecution("e", 3),
				Data: []byte("7"), Replaces: hub.AnyEnded,
				Parent: &record.Parent{Instance: "i", Execution: "e", Task: 3},
			}}},
		},
		"event sent": {
			[]record.Event{record.EventSent(4, "Approval", "other", []byte("true"))},
			[]hub.Command{{Tell: &hub.Message{
				Instance: "other", Verb: hub.VerbRaise, Arg: "Approval", Data: []byte("true"), ID: "e/4/a9369c2add60aae5",
			}}},
		},
		"parent told": {
			[]record.Event{record.ParentTold(record.Parent{Instance: "p", Execution: "e0", Task: 12}, []byte("1"), nil)},
			[]hub.Command{{Tell: &hub.Message{
				Instance: "p", Verb: hub.VerbCompleted, Arg: "12", Data: []byte("1"), Execution: "e0",
			}}},
		},
		"run again": {
			[]record.Event{record.TaskScheduled(1, "A", record.Call{First: 1, Attempt: 2, Timeout: 30 * time.Second}, []byte("1")).Repeated().On(at(1))},
			[]hub.Command{{Run: &hub.Activity{
				Instance: "i", Execution: "e", Task: 1, Name: "A", Input: []byte("1"),
				Call: record.Call{First: 1, Attempt: 2, Timeout: 30 * time.Second},
			}}},
		},
		"timer set again": {
			[]record.Event{record.TimerCreated(2, at(9)).Repeated()}, []hub.Command{set("e", 2, 9)},
		},
		"in the order decided": {
			[]record.Event{timer(1, 9), scheduled(2, "A", "1"), raised("x"), cancelled(7), scheduled(3, "B", "2")},
			[]hub.Command{set("e", 1, 9), run("e", 2, "A", "1"), cancel("e", 7), run("e", 3, "B", "2")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, hub.Commands("i", "e", tc.events))
		})
	}
}

// A value's commands are those of its last turn alone, and those of generations
// that this turn closed, which come first.
func TestValueCommandsAreThoseOfTheLastTurn(t *testing.T) {
	t.Parallel()
	events := []record.Event{scheduled(1, "A", "1"), timer(2, 5), raised("x"), cancelled(2), scheduled(3, "B", "2")}
	for turn, want := range [][]hub.Command{
		0: nil,
		1: {run("e", 3, "B", "2")},
		2: {cancel("e", 2), run("e", 3, "B", "2")},
		4: {run("e", 3, "B", "2")}, // set and cancelled within the turn
		5: {run("e", 1, "A", "1"), run("e", 3, "B", "2")},
	} {
		v := &record.InstanceRecord{Execution: "e", Turn: turn}
		if turn != 3 {
			require.Equal(t, want, hub.CommandsOf("i", v.LastTurn(events)), "turn of %d events", turn)
		}
	}

	v := &record.InstanceRecord{Execution: "e-2", Turn: 1, Closed: []record.Closed{
		{Execution: "e", Events: []record.Event{scheduled(9, "Z", "0"), cancelled(4)}},
		{Execution: "e-1", Events: []record.Event{timer(1, 7)}},
	}}
	require.Equal(t, []hub.Command{
		run("e", 9, "Z", "0"), cancel("e", 4), set("e-1", 1, 7), run("e-2", 3, "B", "2"),
	}, hub.CommandsOf("i", v.LastTurn(events)))
}

func TestATurnLongerThanTheHistoryIsAllOfIt(t *testing.T) {
	t.Parallel()
	v := &record.InstanceRecord{Execution: "e", Turn: 10}
	require.Equal(t, []hub.Command{run("e", 1, "A", "1")}, hub.CommandsOf("i", v.LastTurn([]record.Event{scheduled(1, "A", "1")})))
}
