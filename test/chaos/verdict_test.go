package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/test/chaos/record"
)

// raised is a history in which the items were taken in that order.
func raised(items ...string) []client.Event {
	var events []client.Event
	for _, item := range items {
		data := `{"by":"` + item[:1] + `","n":` + item[1:] + `}`
		if item == record.Junk {
			data = `"rubbish"`
		}
		events = append(events, client.Event{Kind: history.EventRaised, Data: []byte(data)})
	}
	return append(events, client.Event{Kind: history.EventRaised, Data: []byte(`{"last":true}`)})
}

func TestVerdictFindsWhatWasBroken(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	sound := func() (*account, evidence, map[string]time.Time) {
		a := &account{
			id: "i", kind: record.Alarms, started: 1, finished: true, awaited: true, notBefore: at,
			acked:  map[string][]string{"a": {"a1", "a2"}, "b": {"b1"}},
			raised: map[string]time.Time{"a1": at}, after: map[string]time.Duration{"a1": time.Second},
		}
		e := evidence{events: raised("a1", "b1", "a2")}
		e.events = append(e.events, client.Event{Kind: history.TimerCreated, Due: at.Add(time.Second)})
		e.taken = record.Taken{Items: []string{"a1", "b1", "a2"}, Fired: map[string]int64{"a1": at.Add(1100 * time.Millisecond).UnixMicro()}}
		return a, e, map[string]time.Time{"execution": at}
	}
	for _, test := range []struct {
		name  string
		spoil func(a *account, e *evidence, begun map[string]time.Time)
		want  []promise
	}{
		{"nothing", func(*account, *evidence, map[string]time.Time) {}, nil},
		{"an event is lost", func(a *account, _ *evidence, _ map[string]time.Time) {
			a.acked["b"] = append(a.acked["b"], "b2")
		}, []promise{notLost}},
		{"an event is taken twice", func(_ *account, e *evidence, _ map[string]time.Time) {
			e.taken.Items = []string{"a1", "b1", "a2", "b1"}
			e.events = raised(e.taken.Items...)
		}, []promise{notDoubled}},
		{"a sender's events are out of order", func(_ *account, e *evidence, _ map[string]time.Time) {
			e.taken.Items = []string{"a2", "b1", "a1"}
			e.events = raised(e.taken.Items...)
		}, []promise{notReordered}},
		{"output and history differ", func(_ *account, e *evidence, _ map[string]time.Time) {
			e.taken.Items = []string{"b1", "a1", "a2"}
		}, []promise{notReordered}},
		{"a timer fires early", func(_ *account, e *evidence, _ map[string]time.Time) {
			e.taken.Fired["a1"] = at.Add(999 * time.Millisecond).UnixMicro()
		}, []promise{notEarly}},
		{"a start is early", func(_ *account, _ *evidence, begun map[string]time.Time) {
			begun["execution"] = at.Add(-time.Millisecond)
		}, []promise{notEarly}},
		{"two executions begin", func(_ *account, _ *evidence, begun map[string]time.Time) {
			begun["another"] = at
		}, []promise{startedOnce}},
		{"two callers have started it", func(a *account, _ *evidence, _ map[string]time.Time) {
			a.started = 2
		}, []promise{startedOnce}},
		{"all callers are refused", func(a *account, _ *evidence, _ map[string]time.Time) {
			a.started, a.refusals = 0, 3
		}, []promise{notRefused}},
		{"all callers are refused, one of them after a try without an answer", func(a *account, _ *evidence, _ map[string]time.Time) {
			a.started, a.refusals, a.doubt = 0, 3, true
		}, nil},
		{"an event that cannot be read is lost", func(a *account, _ *evidence, _ map[string]time.Time) {
			a.junk = 1
		}, []promise{notLost}},
		{"an event that was not acknowledged is not taken", func(a *account, _ *evidence, _ map[string]time.Time) {
			a.doubted = map[string][]string{"b": {"b2"}}
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, err := openLedger(filepath.Join(t.TempDir(), "ledger"))
			require.NoError(t, err)
			a, e, begun := sound()
			test.spoil(a, &e, begun)
			v := &verdict{ledger: l, begun: map[string]map[string]time.Time{"i": begun}}
			v.judgeStart(a)
			v.judgeItems(a, e)
			v.judgeTimers(a, e)
			var got []promise
			for _, b := range l.breaches {
				got = append(got, b.Promise)
			}
			require.Equal(t, test.want, got)
			require.NoError(t, l.close())
		})
	}
}
