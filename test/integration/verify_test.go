package integration

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// verify waits until all instances have completed, each with what its events
// brought, and checks that nothing is left over.
func (f *fleet) verify() {
	f.Helper()
	f.complete(f.plans)
	f.nothingLeft()
}

// completeUpTo waits until those instances have completed whose last event was
// raised in the wave or before.
func (f *fleet) completeUpTo(wave int) {
	f.Helper()
	var due []plan
	for _, p := range f.plans {
		if p.first+len(p.events)-1 <= wave {
			due = append(due, p)
		}
	}
	require.NotEmpty(f, due)
	f.complete(due)
}

// complete waits until the instances have completed, and checks that each has
// taken in its events once and in order.
func (f *fleet) complete(plans []plan) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.ctx, patience)
	defer cancel()
	for _, p := range plans {
		var i *client.Instance
		f.insist(ctx, func() (err error) {
			i, err = f.client.Wait(ctx, p.id)
			return err
		})
		if i == nil {
			i, err := f.client.Get(f.ctx, p.id)
			f.Fatalf("instance %s does not complete: it is %+v (%v)", p.id, i, err)
		}
		require.Equal(f, client.Completed, i.Status, "instance %s: %+v", p.id, i.Failure)
		require.JSONEq(f, p.output, string(i.Output), "instance %s", p.id)
		f.tookInOnce(p, i)
	}
}

// tookInOnce looks for the events in the history, as far as it goes back.
func (f *fleet) tookInOnce(p plan, i *client.Instance) {
	f.Helper()
	recorded, err := f.client.History(f.ctx, p.id)
	require.NoError(f, err)
	var got []string
	for _, e := range recorded {
		if e.Kind == history.EventRaised {
			got = append(got, e.Name+" "+string(e.Data))
		}
	}
	var want []string
	for _, e := range p.events[i.Generation:] {
		payload := ""
		if e.payload != nil {
			payload = fmt.Sprintf("%#v", e.payload)
		}
		want = append(want, e.name+" "+payload)
	}
	require.Equal(f, want, got, "instance %s", p.id)
}

// nothingLeft waits until every message was acked, and looks for dead letters.
func (f *fleet) nothingLeft() {
	f.Helper()
	for _, name := range []string{"default-control", "default-timer", "default-activity", "default-queue", "default-dead"} {
		require.Eventually(f, func() bool {
			stream, err := f.streams.Stream(f.ctx, name)
			return err == nil && stream.CachedInfo().State.Msgs == 0
		}, 2*patience, 100*time.Millisecond, "messages are left in %s", name)
	}
}
