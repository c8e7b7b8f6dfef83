package worker_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// A rewound parent cancels its child again: the server must not take that for a repeat
// of the terminate of before the rewind, which found the child failed.
func TestChildThatIsCancelledAgainAfterARewindIsTerminated(t *testing.T) {
	t.Parallel()
	var sound atomic.Bool
	register := func(r *orchestration.Registry) {
		orchestration.RegisterOrchestrator(r, "Child", func(ctx *orchestration.Context, _ int) (int, error) {
			if _, err := orchestration.WaitForExternalEvent[int](ctx, "Go").Await(); err != nil {
				return 0, err
			}
			if !sound.Load() {
				return 0, errBug
			}
			return orchestration.WaitForExternalEvent[int](ctx, "More").Await()
		})
		orchestration.RegisterOrchestrator(r, "P", func(ctx *orchestration.Context, _ int) (int, error) {
			child := orchestration.CallSubOrchestration[int](ctx, "Child", 0, orchestration.WithInstanceID("c"))
			if _, err := orchestration.WaitForExternalEvent[int](ctx, "Cancel").Await(); err != nil {
				return 0, err
			}
			child.Cancel()
			if !sound.Load() {
				return 0, errBug
			}
			return 1, nil
		})
	}
	for name, open := range map[string]func(*testing.T) hub{"memory": inMemory, "NATS": onNATS} {
		t.Run(name, func(t *testing.T) {
			sound.Store(false)
			s := newStage(t, open(t), register)
			s.work()
			s.start("P", 0, "p")
			s.waits("c", "Go")
			require.NoError(t, s.client.Suspend(s.ctx, "p", ""))
			s.until("p", func(i *client.Instance) bool { return i.Status == client.Suspended })
			s.raise("p", "Cancel", "1")
			s.raise("c", "Go", "1")
			require.Equal(t, client.Failed, s.ends("c").Status)
			require.NoError(t, s.client.Resume(s.ctx, "p", ""))
			require.Equal(t, client.Failed, s.ends("p").Status)
			sound.Store(true)
			s.rewind("p")
			s.until("p", func(i *client.Instance) bool { return i.Status == client.Completed })
			s.until("c", func(i *client.Instance) bool { return i.Status == client.Terminated })
		})
	}
}
