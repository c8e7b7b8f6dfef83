package hubsuite

import (
	"context"
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

var workPromises = []promise[*fixture]{
	{"activities/every field arrives", activityArrivesWhole},
	{"activities/that were asked for before the opening are handed out", activityBeforeWork},
	{"activities/as many at a time as the limit says", activityLimit},
	{"activities/asking twice is no error", activityTwice},
	{"activities/an acknowledged one is gone", activityAcked},
	{"activities/two workers share them", activityShared},
	{"activities/names are kept apart", activityNames},
	{"activities/stop waits for those at work", activityStop},
	{"activities/the context of the opening does not end the session", workContext},
}

func run(name, instance string, task int64) hub.Command {
	return hub.Command{Run: &hub.Activity{
		Instance: instance, Execution: "e", Task: task, Name: name, Input: []byte(`"` + instance + `"`),
	}}
}

// handed is an activity that was handed out, and how to let its handler return.
type handed struct {
	hub.ActivityDelivery
	inHand
}

// inHand is an activity whose handler waits until it may return.
type inHand struct {
	release func()
	wait    func()
}

// handOut opens a session whose handlers put their deliveries into the returned channel, and
// return when the delivery is released; all of them return when the test ends.
func handOut[H any](t *fixture, open func(out chan H, hold func() inHand) (hub.Session, error)) (chan H, hub.Session) {
	t.Helper()
	out, end := make(chan H, 1000), make(chan struct{})
	s, err := open(out, func() inHand {
		released := make(chan struct{})
		return inHand{sync.OnceFunc(func() { close(released) }), func() {
			select {
			case <-released:
			case <-end:
			}
		}}
	})
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	t.Cleanup(func() { close(end) })
	return out, s
}

// work hands the activities of one name to the returned channel; each handler
// returns when it is released, all of them when the test ends.
func (t *fixture) work(activity string, limit int) (chan handed, hub.Session) {
	t.Helper()
	return handOut(t, func(out chan handed, hold func() inHand) (hub.Session, error) {
		return t.hub.Work(t.ctx, activity, limit, func(d hub.ActivityDelivery) {
			h := hold()
			out <- handed{d, h}
			h.wait()
		})
	})
}

func (h handed) finish(t *fixture) {
	t.Helper()
	require.NoError(t, h.Ack())
	h.release()
}

func activityArrivesWhole(t *fixture) {
	want := hub.Activity{
		Instance: "an id.with > *", Execution: "e1", Task: 12, Name: "Charge card.v2 ✓", Input: []byte(`{"amount":1}`),
	}
	t.do(hub.Command{Run: &want})
	out, _ := t.work(want.Name, 1)
	got := receive(t, "an activity", out)
	require.Equal(t, want, got.Activity)
	require.Equal(t, 1, got.Attempt)
	got.finish(t)

	want.Task, want.Input = 13, nil
	t.do(hub.Command{Run: &want})
	got = receive(t, "an activity without input", out)
	require.Empty(t, got.Input)
	require.EqualValues(t, 13, got.Task)
	got.finish(t)
}

func activityBeforeWork(t *fixture) {
	for task := int64(1); task <= 5; task++ {
		t.do(run("Act", "i", task))
	}
	out, _ := t.work("Act", 10)
	seen := map[int64]bool{}
	for len(seen) < 5 {
		h := receive(t, "an activity", out)
		seen[h.Task] = true
		h.finish(t)
	}
}

func activityLimit(t *fixture) {
	const limit, total = 3, 9
	for task := int64(1); task <= total; task++ {
		t.do(run("Act", "i", task))
	}
	out, _ := t.work("Act", limit)
	seen := map[int64]bool{}
	var atWork []handed
	for len(seen) < total {
		for len(atWork) < limit && len(seen) < total {
			h := receive(t, "an activity", out)
			seen[h.Task] = true
			atWork = append(atWork, h)
		}
		requireQuiet(t, "more at work than the limit", out)
		atWork[0].finish(t)
		atWork = atWork[1:]
	}
	for _, h := range atWork {
		h.finish(t)
	}
}

func activityTwice(t *fixture) {
	out, _ := t.work("Act", 1)
	t.do(run("Act", "i", 1), run("Act", "i", 1))
	t.do(run("Act", "i", 1))
	receive(t, "an activity", out).finish(t)
	t.do(run("Act", "i", 2))
	for {
		// It may run twice, but it has to make way for the next.
		h := receive(t, "the next activity", out)
		h.finish(t)
		if h.Task == 2 {
			return
		}
	}
}

func activityAcked(t *fixture) {
	out, s := t.work("Act", 1)
	t.do(run("Act", "i", 1))
	receive(t, "an activity", out).finish(t)
	s.Stop()
	out, _ = t.work("Act", 1)
	t.do(run("Act", "i", 2))
	h := receive(t, "the next activity", out)
	require.EqualValues(t, 2, h.Task)
	h.finish(t)
}

func activityShared(t *fixture) {
	first, _ := t.work("Act", 2)
	second, _ := t.work("Act", 2)
	for task := int64(1); task <= 4; task++ {
		t.do(run("Act", "i", task))
	}
	seen := map[int64]bool{}
	for len(seen) < 4 {
		// Each holds on to two, so the other two must come to the other.
		select {
		case h := <-first:
			seen[h.Task] = true
		case h := <-second:
			seen[h.Task] = true
		case <-t.ctx.Done():
			require.FailNow(t, "waited too long for four activities", "have %v", seen)
		}
	}
}

func activityNames(t *fixture) {
	names := []string{"Act", "act", "Act.v2", "Act ", "*", ">", "Act=", "Äct"}
	channels := map[string]chan handed{}
	for _, name := range names {
		channels[name], _ = t.work(name, 10)
	}
	for n, name := range names {
		t.do(run(name, "i", int64(n+1)))
	}
	for n, name := range names {
		h := receive(t, fmt.Sprintf("activity %q", name), channels[name])
		require.Equal(t, name, h.Name)
		require.EqualValues(t, n+1, h.Task)
		h.finish(t)
	}
	for _, name := range names {
		require.Empty(t, channels[name], "activity %q", name)
	}
}

func activityStop(t *fixture) {
	out, s := t.work("Act", 1)
	t.do(run("Act", "i", 1))
	h := receive(t, "the activity", out)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.Stop()
	}()
	requireQuiet(t, "stopped with an activity at work", stopped)
	requireQuiet(t, "done with an activity at work", s.Done())
	require.NoError(t, h.Ack(), "it may still say that it is done")
	h.release()
	requireClosed(t, "the stop", stopped)
	requireClosed(t, "the session's end", s.Done())
	require.NoError(t, s.Err())
	s.Stop()

	t.do(run("Act", "i", 2))
	next, _ := t.work("Act", 1)
	receive(t, "the next activity", next).finish(t)
	require.Empty(t, out, "handed out by a stopped session")
}

func workContext(t *fixture) {
	ctx, cancel := context.WithCancel(t.ctx)
	out := make(chan hub.ActivityDelivery, 1)
	s, err := t.hub.Work(ctx, "Act", 1, func(d hub.ActivityDelivery) { out <- d })
	cancel()
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	t.do(run("Act", "i", 1))
	d := receive(t, "the activity", out)
	require.NoError(t, d.Ack())
}
