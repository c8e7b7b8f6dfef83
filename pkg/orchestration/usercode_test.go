package orchestration_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// vice is a misdeed of a method of a user's type.
type vice string

const (
	exits  vice = "exits"
	blocks vice = "blocks"
	panics vice = "panics"
)

func (v vice) act() {
	switch v {
	case exits:
		runtime.Goexit()
	case blocks:
		<-released
	case panics:
		panic("on purpose")
	}
}

// wicked is an error, or a payload, with such methods. The payload says which.
type wicked struct{ vice }

func (w *wicked) UnmarshalJSON(data []byte) error {
	vice(data[1 : len(data)-1]).act()
	return nil
}

func (w *wicked) Error() string {
	w.act()
	return "wicked"
}

func (w *wicked) Is(error) bool {
	w.act()
	return false
}

// wickedWays are ways by which an orchestrator comes to read a payload.
var wickedWays = map[string]func(*orchestration.Context) error{
	"event": func(ctx *orchestration.Context) error {
		_, err := orchestration.Event[*wicked]("E").Wait(ctx).Await()
		return err
	},
	"any of events": func(ctx *orchestration.Context) error {
		winner, err := orchestration.WhenAny(ctx, orchestration.Event[*wicked]("E").Wait(ctx)).Await()
		return errors.Join(err, winner.Err())
	},
	"all of events": func(ctx *orchestration.Context) error {
		_, err := orchestration.WhenAll(ctx, orchestration.Event[*wicked]("E").Wait(ctx)).Await()
		return err
	},
	"result": func(ctx *orchestration.Context) error {
		_, err := orchestration.CallActivity[*wicked](ctx, "A", nil).Await()
		return err
	},
	"result of a retried call": func(ctx *orchestration.Context) error {
		retry := orchestration.WithRetry(orchestration.RetryPolicy{MaxAttempts: 3})
		_, err := orchestration.CallActivity[*wicked](ctx, "A", nil, retry).Await()
		return err
	},
}

// TestPayloadThatMisbehavesWhenItIsRead: whatever UnmarshalJSON does, its orchestrator
// answers for it, and not the worker.
func TestPayloadThatMisbehavesWhenItIsRead(t *testing.T) {
	t.Parallel()
	for way, read := range wickedWays {
		for _, v := range []vice{exits, blocks, panics} {
			t.Run(way+" "+string(v), func(t *testing.T) {
				t.Parallel()
				decisions, err := handleSoon(t, impatient(t, func(ctx *orchestration.Context, _ none) (string, error) {
					return "", read(ctx)
				}), fmt.Sprintf("%q", v))
				if v == blocks {
					require.Contains(t, requireStuck(t, err).At, "usercode_test.go:")
					return
				}
				require.NoError(t, err)
				failed := decisions[len(decisions)-1]
				require.Equal(t, history.ExecutionFailed, failed.Kind)
				require.Contains(t, failed.Failure.Message, map[vice]string{exits: "runtime.Goexit", panics: "on purpose"}[v])
			})
		}
	}
}

// handleSoon starts the orchestrator, hands it the payload both ways, and fails the
// test where the goroutine that does so is ended, or never gets control back.
func handleSoon(t *testing.T, x *replay.Orchestrator, data string) (decisions []record.Event, err error) {
	t.Helper()
	t.Cleanup(x.Close)
	returned := make(chan bool, 1)
	go func() {
		ok := false
		defer func() { returned <- ok }()
		for _, input := range []record.Event{
			started,
			{Kind: history.EventRaised, Name: "E", Data: []byte(data)},
			{Kind: history.TaskCompleted, Task: 1, Data: []byte(data)},
		} {
			var more []record.Event
			if more, err = x.Handle(input); err != nil {
				break
			}
			decisions = append(decisions, more...)
		}
		ok = true
	}()
	select {
	case ok := <-returned:
		require.True(t, ok, "users' code has ended the goroutine of its caller")
	case <-time.After(10 * time.Second):
		require.Fail(t, "users' code has kept its caller")
	}
	return decisions, err
}

// TestErrorThatMisbehavesWhenItIsWrittenDown: an orchestrator that ends with it has
// failed all the same.
func TestErrorThatMisbehavesWhenItIsWrittenDown(t *testing.T) {
	t.Parallel()
	for _, v := range []vice{exits, blocks, panics} {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			decisions, err := handleSoon(t, impatient(t, func(*orchestration.Context, none) (string, error) {
				return "", &wicked{v}
			}), "0")
			if v == blocks {
				require.Contains(t, requireStuck(t, err).At, "usercode_test.go:")
				return
			}
			require.NoError(t, err)
			require.Equal(t, []string{"ExecutionFailed"}, kinds(decisions))
			require.Equal(t, "*orchestration_test.wicked", decisions[0].Failure.Type)
			require.Contains(t, decisions[0].Failure.Message, map[vice]string{exits: "runtime.Goexit", panics: "on purpose"}[v])
		})
	}
}

// TestErrorOfABranchThatMisbehavesWhenItIsCompared: OnTimeout asks whether it is one.
func TestErrorOfABranchThatMisbehavesWhenItIsCompared(t *testing.T) {
	t.Parallel()
	for _, v := range []vice{exits, blocks, panics} {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			decisions, err := handleSoon(t, impatient(t, func(ctx *orchestration.Context, _ none) (string, error) {
				orchestration.Go(ctx, func(*orchestration.Context) (string, error) { return "", &wicked{v} }).OnTimeout("x")
				return wait(ctx, "E")
			}), `"x"`)
			if v == blocks {
				requireStuck(t, err)
				return
			}
			require.NoError(t, err)
			require.Len(t, decisions, 1)
		})
	}
}

// TestFunctionWhoseErrorMisbehaves: activities and functions of queues come to an end,
// under their own names.
func TestFunctionWhoseErrorMisbehaves(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	for _, v := range []vice{exits, panics} {
		r.Add(orchestration.Activity(string(v), func(context.Context, none) (none, error) { return none{}, &wicked{v} }))
	}
	r.Add(orchestration.Activity("Quits", func(context.Context, none) (none, error) {
		runtime.Goexit()
		return none{}, nil
	}))
	perform := func(name string) *history.Failure {
		ended := make(chan *history.Failure, 1)
		go func() {
			defer close(ended)
			_, failure := r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: name}})
			ended <- failure
		}()
		failure := <-ended
		require.NotNil(t, failure, "%s ends the goroutine of its caller", name)
		return failure
	}
	require.Contains(t, perform(string(exits)).Message, "runtime.Goexit")
	require.Equal(t, "*orchestration_test.wicked", perform(string(exits)).Type)
	require.Contains(t, perform(string(panics)).Message, "on purpose")
	require.Equal(t, `activity "Quits" ended its goroutine with runtime.Goexit`, perform("Quits").Message)

	failure := replay.Guard(`the function of queue "q"`, func() error {
		runtime.Goexit()
		return nil
	})
	require.Equal(t, `the function of queue "q" ended its goroutine with runtime.Goexit`, failure.Message)
}
