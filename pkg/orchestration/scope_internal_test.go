package orchestration

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// A scope that lives long does not grow with the tasks that have ended in it.
func TestTasksThatHaveEndedLeaveTheirScope(t *testing.T) {
	t.Parallel()
	var scopes []*replay.Scope
	var r Registry
	r.Add(Orchestrator("Test", func(ctx *Context, _ None) (None, error) {
		outer, _ := WithCancel(ctx)
		for {
			inner, _ := WithCancel(outer)
			scopes = []*replay.Scope{outer.scope, inner.scope}
			a := Event[int]("A").Wait(inner, WithTimeout(time.Hour))
			CreateTimer(inner, time.Hour).Cancel()
			branch := Go(inner, func(ctx *Context) (int, error) { return Event[int]("A").Wait(ctx).Await() })
			if _, err := WhenAll(outer, a, branch).Await(); err != nil {
				return None{}, err
			}
		}
	}))
	x, err := r.Code().Begin(replay.Execution{Name: "Test"}, nil)
	require.NoError(t, err)
	defer x.Close()
	_, err = x.Handle(record.Event{Kind: history.ExecutionStarted})
	require.NoError(t, err)
	require.Equal(t, 3, scopes[0].Open(), "two waits, WhenAll")
	for range 100 {
		_, err := x.Handle(record.Event{Kind: history.EventRaised, Name: "A", Data: []byte("1")})
		require.NoError(t, err)
		_, err = x.Handle(record.Event{Kind: history.EventRaised, Name: "A", Data: []byte("1")})
		require.NoError(t, err)
		require.Equal(t, 3, scopes[0].Open())
		require.Equal(t, 2, scopes[1].Open())
	}
}
