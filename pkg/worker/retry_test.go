package worker_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// declined is an error that no attempt cures.
type declined struct{}

func (declined) Error() string { return "card declined" }

// TestRetryPoliciesEndToEnd: what an activity returns is what its policy sees, and
// what a policy counts is what the activity sees.
func TestRetryPoliciesEndToEnd(t *testing.T) {
	t.Parallel()
	register := func(r *orchestration.Registry) {
		r.Add(orchestration.Activity("Pay", pay))
		r.Add(orchestration.Orchestrator("Pays", func(ctx *orchestration.Context, how string) (string, error) {
			policy := orchestration.RetryPolicy{FirstInterval: time.Millisecond, MaxAttempts: 3, NonRetryable: []string{"worker_test.declined"}}
			return orchestration.CallActivity[string](ctx, "Pay", how,
				orchestration.WithRetry(policy), orchestration.WithRunTimeout(20*time.Millisecond)).Await()
		}))
		r.Add(orchestration.Orchestrator("PaysByChild", func(ctx *orchestration.Context, how string) (string, error) {
			policy := orchestration.RetryPolicy{FirstInterval: time.Millisecond, MaxAttempts: 2}
			return orchestration.CallSubOrchestration[string](ctx, "Pays", how, orchestration.WithRetry(policy)).Await()
		}))
	}
	each(t, register, func(s *fixture) {
		s.work()
		s.start("Pays", "busy", "busy")
		s.completes("busy", `"attempt 3 of call 1"`)
		s.start("Pays", "slow", "slow")
		s.completes("slow", `"attempt 2 of call 1"`)
		for how, want := range map[string]string{
			"marked":   "no such account",
			"declined": "checkout: card declined",
			"never":    "attempt 3 failed",
		} {
			s.start("Pays", how, how)
			i := s.ends(how)
			require.Equal(s, client.Failed, i.Status)
			require.Equal(s, want, i.Failure.Cause.Message)
		}
		// The mark goes through a sub-orchestration: it is started once.
		s.start("PaysByChild", "marked", "parent")
		require.Equal(s, client.Failed, s.ends("parent").Status)
		events, err := s.client.History(s.ctx, "parent")
		require.NoError(s, err)
		require.Len(s, history.Children(events), 1)
	})
}

func pay(ctx context.Context, how string) (string, error) {
	info, _ := orchestration.ActivityInfoFrom(ctx)
	switch {
	case how == "marked" && info.Attempt == 1:
		return "", orchestration.NonRetryable(errors.New("no such account"))
	case how == "declined" && info.Attempt == 1:
		return "", fmt.Errorf("checkout: %w", declined{})
	case how == "slow" && info.Attempt == 1:
		<-ctx.Done()
		return "", context.Cause(ctx)
	case how == "busy" && info.Attempt < 3, how == "never":
		return "", fmt.Errorf("attempt %d failed", info.Attempt)
	}
	return fmt.Sprintf("attempt %d of call %d", info.Attempt, info.FirstTask), nil
}
