package integration

import (
	"fmt"
	"sync"
	"testing"

	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/examples"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// TestScenario4OneWorkerKilled puts the ids of many instances into the approval queue,
// for two workers, one of which is killed in the middle of work. What it had in hand,
// some of it done and not acked, is delivered again; each instance gets its approval
// once.
func TestScenario4OneWorkerKilled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 0)
	f.plans = approvals()
	a, b := f.hire("a"), f.hire("b")
	f.shared("a", "b")
	f.eachPlan(func(p plan) error {
		_, err := f.client.Start(f.ctx, p.orchestrator, p.input, client.WithInstanceID(p.id))
		return err
	})

	sent := make(chan struct{})
	go func() {
		defer close(sent)
		f.eachPlan(func(p plan) error { return f.client.Queues().Send(f.ctx, examples.ApprovalQueue, []byte(p.id)) })
	}()
	f.interruptQueue(a)
	a.kill()
	<-sent
	f.verify()
	delivered := f.approvalQueue().Delivered.Consumer
	require.Greater(t, delivered, uint64(len(f.plans)), "nothing was delivered twice")
	t.Logf("%d messages in %d deliveries", len(f.plans), delivered)
	b.terminate()
}

// approvals are plans of instances that wait for one approval.
func approvals() []plan {
	n := 1000
	if testing.Short() || testenv.Race {
		n = 250
	}
	plans := make([]plan, n)
	for i := range plans {
		plans[i] = plan{
			id: fmt.Sprintf("budget-%d", i), orchestrator: "BudgetApproval", input: examples.Budget{Amount: float64(i)},
			events: []event{{"Approval", true}}, output: fmt.Sprintf(`"spent %d.00"`, i),
		}
	}
	return plans
}

// eachPlan does something for every plan, several at a time.
func (f *fleet) eachPlan(do func(plan) error) {
	due := make(chan plan)
	var doing sync.WaitGroup
	for range 16 {
		doing.Go(func() {
			for p := range due {
				if err := do(p); err != nil {
					f.Errorf("%s: %v", p.id, err)
				}
			}
		})
	}
	for _, p := range f.plans {
		due <- p
	}
	close(due)
	doing.Wait()
}

// interruptQueue stops a worker of two that has messages of the queue in hand: more
// are given out and not acked than the other can have.
func (f *fleet) interruptQueue(w *process) {
	f.Helper()
	const othersMost = 16
	f.stopWhen(w, func() bool {
		queue := f.approvalQueue()
		return queue != nil && queue.NumAckPending > othersMost+4
	})
}

// approvalQueue returns how far the workers are with the queue.
func (f *fleet) approvalQueue() *js.ConsumerInfo {
	f.Helper()
	return f.consumer("default-queue", examples.ApprovalQueue)
}
