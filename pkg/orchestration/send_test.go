package orchestration_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func TestSendEventIsADecision(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		require.NoError(t, orchestration.Event[any]("Approval").Send(ctx, "i2", true))
		orchestration.CallActivity[string](ctx, "Work", nil)
		require.NoError(t, orchestration.Event[any]("Nudge").Send(ctx, "i2", nil))
		return wait(ctx, "End")
	})
	require.Equal(t, []record.Event{
		record.EventSent(1, "Approval", "i2", []byte("true")).On(dawn),
		{Kind: history.TaskScheduled, Time: dawn, Task: 2, Name: "Work"},
		record.EventSent(3, "Nudge", "i2", nil).On(dawn),
	}, s.events[1:])
	require.Empty(t, s.complete(1, `"x"`), "a sent event has no result")
	require.Len(t, s.x.View().Waits, 2, "nobody waits for a sent event")
}

func TestSendEventRefusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) ([]bool, error) {
		_, _ = wait(ctx, "A")
		for _, tc := range []struct {
			id, name string
			data     any
			want     string
		}{
			{"", "A", nil, "instance id is empty"},
			{strings.Repeat("é", 256) + "x", "A", nil, "longer than 256 characters"},
			{strings.Repeat("𝔸", 129), "A", nil, "it takes 1548 bytes on the wire"},
			{"@a", "A", nil, "must not begin with"},
			{"a", "", nil, "event name is empty"},
			{"a", "b\x00", nil, "must not contain"},
			{"a", "A", make(chan int), `event "A": json: unsupported type`},
			{"a", "A", strings.Repeat("x", 100), "too large for the hub"},
		} {
			require.ErrorContains(t, orchestration.Event[any](tc.name).Send(ctx, tc.id, tc.data), tc.want)
		}
		return []bool{
			errors.Is(orchestration.Event[any]("A").Send(ctx, "a#", nil), ident.ErrInvalidName),
			errors.Is(orchestration.Event[any]("A").Send(ctx, "a", strings.Repeat("x", 100)), orchestration.ErrTooLarge),
		}, nil
	})
	s.info.MaxPayload = 50
	s.reload()
	require.Equal(t, []string{"ExecutionCompleted"}, kinds(s.raise("A", `""`)))
	s.requireOutput(`[true,true]`)
}
