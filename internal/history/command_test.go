package history_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
)

func run(execution string, task int64, name, input string) history.Command {
	return history.Command{Run: &history.Activity{Instance: "i", Execution: execution, Task: task, Name: name, Input: []byte(input)}}
}

func set(execution string, task int64, second int) history.Command {
	return history.Command{Set: &history.Timer{Instance: "i", Execution: execution, Task: task, At: at(second)}}
}

func cancel(execution string, task int64) history.Command {
	return history.Command{Cancel: &history.Timer{Instance: "i", Execution: execution, Task: task}}
}

func scheduled(task int64, name, input string) history.Event {
	return history.Event{Kind: history.TaskScheduled, Task: task, Name: name, Data: []byte(input)}
}

func timer(task int64, second int) history.Event {
	return history.Event{Kind: history.TimerCreated, Task: task, At: at(second)}
}

func cancelled(task int64) history.Event {
	return history.Event{Kind: history.TimerCancelled, Task: task}
}

func raised(name string) history.Event { return history.Event{Kind: history.EventRaised, Name: name} }

func TestCommands(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		events []history.Event
		want   []history.Command
	}{
		"nothing":               {nil, nil},
		"inputs ask nothing":    {goldenEvents()[:8], nil},
		"endings ask nothing":   {goldenEvents()[11:15], nil},
		"activity":              {[]history.Event{scheduled(1, "A", "1")}, []history.Command{run("e", 1, "A", "1")}},
		"timer":                 {[]history.Event{timer(1, 9)}, []history.Command{set("e", 1, 9)}},
		"timer of an old turn":  {[]history.Event{cancelled(1)}, []history.Command{cancel("e", 1)}},
		"set and cancelled":     {[]history.Event{timer(1, 9), cancelled(1)}, nil},
		"one of two cancelled":  {[]history.Event{timer(1, 9), timer(2, 8), cancelled(1)}, []history.Command{set("e", 2, 8)}},
		"cancelled much later":  {[]history.Event{timer(1, 9), raised("A"), timer(2, 8), raised("B"), cancelled(1)}, []history.Command{set("e", 2, 8)}},
		"cancels old, sets new": {[]history.Event{cancelled(1), timer(2, 8)}, []history.Command{cancel("e", 1), set("e", 2, 8)}},
		"child": {
			[]history.Event{{Kind: history.ChildScheduled, Task: 3, Name: "Part", ID: "c", Data: []byte("7")}},
			[]history.Command{{Tell: &history.Message{
				Instance: "c", Verb: history.VerbStart, Arg: "Part", Data: []byte("7"), Replaces: history.AnyEnded,
				Execution: history.ChildExecution("e", 3), Parent: &history.Parent{Instance: "i", Execution: "e", Task: 3},
			}}},
		},
		"child is to end": {
			[]history.Event{{Kind: history.ChildTerminated, Task: 3, ID: "c", Data: []byte(`"why"`)}},
			[]history.Command{{Tell: &history.Message{
				Instance: "c", Verb: history.VerbTerminate, Data: []byte(`"why"`), Execution: history.ChildExecution("e", 3),
				Parent: &history.Parent{Instance: "i", Execution: "e", Task: 3},
			}}},
		},
		"child is to try again": {
			[]history.Event{{Kind: history.ChildRewound, Task: 3, Name: "Part", ID: "c", Data: []byte("7")}},
			[]history.Command{{Tell: &history.Message{
				Instance: "c", Verb: history.VerbStart, Arg: "Part", Execution: history.ChildExecution("e", 3),
				Data: []byte("7"), Replaces: history.AnyEnded,
				Parent: &history.Parent{Instance: "i", Execution: "e", Task: 3},
			}}},
		},
		"event sent": {
			[]history.Event{{Kind: history.EventSent, Task: 4, Name: "Approval", ID: "other", Data: []byte("true")}},
			[]history.Command{{Tell: &history.Message{
				Instance: "other", Verb: history.VerbRaise, Arg: "Approval", Data: []byte("true"), ID: "e/4/a9369c2add60aae5",
			}}},
		},
		"parent told": {
			[]history.Event{{Kind: history.ParentTold, Task: 12, Name: "e0", ID: "p", Data: []byte("1")}},
			[]history.Command{{Tell: &history.Message{
				Instance: "p", Verb: history.VerbCompleted, Arg: "12", Data: []byte("1"), Execution: "e0",
			}}},
		},
		"run again": {
			[]history.Event{{Kind: history.TaskRewound, Time: at(1), Task: 1, Name: "A", ID: "1/2/30s", Data: []byte("1")}},
			[]history.Command{{Run: &history.Activity{
				Instance: "i", Execution: "e", Task: 1, Name: "A", Input: []byte("1"),
				Call: history.Call{First: 1, Attempt: 2, Timeout: 30 * time.Second},
			}}},
		},
		"timer set again": {
			[]history.Event{{Kind: history.TimerRewound, Task: 2, At: at(9)}}, []history.Command{set("e", 2, 9)},
		},
		"in the order decided": {
			[]history.Event{timer(1, 9), scheduled(2, "A", "1"), raised("x"), cancelled(7), scheduled(3, "B", "2")},
			[]history.Command{set("e", 1, 9), run("e", 2, "A", "1"), cancel("e", 7), run("e", 3, "B", "2")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, history.Commands("i", "e", tc.events))
		})
	}
}

// A value's commands are those of its last turn alone, and those of generations
// that this turn closed, which come first.
func TestValueCommandsAreThoseOfTheLastTurn(t *testing.T) {
	t.Parallel()
	events := []history.Event{scheduled(1, "A", "1"), timer(2, 5), raised("x"), cancelled(2), scheduled(3, "B", "2")}
	for turn, want := range [][]history.Command{
		0: nil,
		1: {run("e", 3, "B", "2")},
		2: {cancel("e", 2), run("e", 3, "B", "2")},
		4: {run("e", 3, "B", "2")}, // set and cancelled within the turn
		5: {run("e", 1, "A", "1"), run("e", 3, "B", "2")},
	} {
		v := &history.Value{Execution: "e", Turn: turn}
		if turn != 3 {
			require.Equal(t, want, history.ClosedCommands("i", v.LastTurn(events)), "turn of %d events", turn)
		}
	}

	v := &history.Value{Execution: "e-2", Turn: 1, Closed: []history.Closed{
		{Execution: "e", Events: []history.Event{scheduled(9, "Z", "0"), cancelled(4)}},
		{Execution: "e-1", Events: []history.Event{timer(1, 7)}},
	}}
	require.Equal(t, []history.Command{
		run("e", 9, "Z", "0"), cancel("e", 4), set("e-1", 1, 7), run("e-2", 3, "B", "2"),
	}, history.ClosedCommands("i", v.LastTurn(events)))
}

func TestATurnLongerThanTheHistoryIsAllOfIt(t *testing.T) {
	t.Parallel()
	v := &history.Value{Execution: "e", Turn: 10}
	require.Equal(t, []history.Command{run("e", 1, "A", "1")}, history.ClosedCommands("i", v.LastTurn([]history.Event{scheduled(1, "A", "1")})))
}
