package replay

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// dumbMailbox says the rules of delivery in the plainest way there is: one list
// of all that happened, scanned from its beginning each time.
type dumbMailbox struct {
	events []*dumbEvent
	waits  []*dumbWait
}

type dumbEvent struct {
	name  string
	data  string
	taken bool
}

type dumbWait struct {
	name    string
	got     *dumbEvent
	gone    bool
	seen    bool
	awaited bool
}

// match gives events to waits as long as it can, the oldest event first: to the oldest
// wait for its name that is awaited, or else to the oldest that is not.
func (m *dumbMailbox) match() {
	for _, e := range m.events {
		for _, awaited := range []bool{true, false} {
			for _, w := range m.waits {
				if w.awaited == awaited && !e.taken && w.got == nil && !w.gone && strings.EqualFold(e.name, w.name) {
					e.taken, w.got = true, e
				}
			}
		}
	}
}

func (m *dumbMailbox) unconsumed() []string {
	var out []string
	for _, e := range m.events {
		open := !e.taken
		for _, w := range m.waits {
			open = open || (w.got == e && !w.seen)
		}
		if open {
			out = append(out, e.name+"="+e.data)
		}
	}
	return out
}

func (m *dumbMailbox) inLine() []string {
	var out []string
	for _, w := range m.waits {
		if w.got == nil && !w.gone {
			out = append(out, w.name)
		}
	}
	return out
}

// bothMailboxes does everything to the real mailbox and to the dumb one.
type bothMailboxes struct {
	real  mailbox
	dumb  dumbMailbox
	waits []*waiter
	got   []string
	sent  int
}

func (b *bothMailboxes) deliver(name string) {
	b.sent++
	data := fmt.Sprint(b.sent)
	b.real.deliver(record.Event{Kind: history.EventRaised, Name: name, Data: []byte(data)})
	b.dumb.events = append(b.dumb.events, &dumbEvent{name: name, data: data})
	b.dumb.match()
}

func (b *bothMailboxes) wait(name string) {
	i := len(b.waits)
	d := &dumbWait{name: name}
	w := &waiter{
		name: name, isAwaited: func(map[*Task]bool) bool { return d.awaited },
		take: func(e record.Event) { b.got[i] += e.Name + "=" + string(e.Data) },
	}
	b.waits, b.got = append(b.waits, w), append(b.got, "")
	b.real.wait(w)
	b.dumb.waits = append(b.dumb.waits, d)
	b.dumb.match()
}

func (b *bothMailboxes) leave(i int) {
	b.real.leave(b.waits[i])
	b.dumb.waits[i].gone = true
}

func (b *bothMailboxes) see(i int) {
	b.real.useUp(b.waits[i])
	b.dumb.waits[i].seen = b.dumb.waits[i].got != nil
}

// await begins waiting on a wait, or ends it.
func (b *bothMailboxes) await(i int) { b.dumb.waits[i].awaited = !b.dumb.waits[i].awaited }

func (b *bothMailboxes) check(t *rapid.T) {
	for i, w := range b.dumb.waits {
		want := ""
		if w.got != nil {
			want = w.got.name + "=" + w.got.data
		}
		require.Equal(t, want, b.got[i], "wait %d for %s", i, w.name)
	}
	var inLine, unconsumed []string
	for _, w := range b.real.waits(1000) {
		inLine = append(inLine, w.Name)
	}
	for _, e := range b.real.unconsumed() {
		unconsumed = append(unconsumed, e.Name+"="+string(e.Data))
	}
	require.Equal(t, b.dumb.inLine(), inLine)
	require.Equal(t, b.dumb.unconsumed(), unconsumed)
	require.LessOrEqual(t, len(b.real.lines), 3, "lines are not tidied up")
}

// TestRule1And2AgainstTheDumbModel: events and waits in any order, waits leaving,
// being waited on and being looked at in between.
func TestRule1And2AgainstTheDumbModel(t *testing.T) {
	t.Parallel()
	names := rapid.SampledFrom([]string{"A", "a", "B", "b", "Ä", "ä"})
	rapid.Check(t, func(t *rapid.T) {
		b := &bothMailboxes{real: mailbox{rule: record.AwaitedFirst}}
		one := func(use func(int)) func(*rapid.T) {
			return func(t *rapid.T) {
				if len(b.waits) == 0 {
					t.Skip("no waits")
				}
				use(rapid.IntRange(0, len(b.waits)-1).Draw(t, "wait"))
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"deliver": func(t *rapid.T) { b.deliver(names.Draw(t, "name")) },
			"wait":    func(t *rapid.T) { b.wait(names.Draw(t, "name")) },
			"leave":   one(b.leave),
			"see":     one(b.see),
			"await":   one(b.await),
			"":        b.check,
		})
	})
}

func TestMailboxKeepsNothingOfWhatIsOver(t *testing.T) {
	t.Parallel()
	var m mailbox
	for i := range 1000 {
		name := fmt.Sprint("event", i)
		w := &waiter{name: name, take: func(record.Event) {}}
		m.wait(w)
		m.deliver(record.Event{Name: name})
		m.useUp(w)
		gone := &waiter{name: name}
		m.wait(gone)
		m.leave(gone)
	}
	require.Empty(t, m.lines)
	require.Empty(t, m.unseen)
}

// The waits of a view are few, however many there are, and the oldest.
func TestMailboxListsTheOldestWaits(t *testing.T) {
	t.Parallel()
	var m mailbox
	for i := range 20 {
		m.wait(&waiter{name: fmt.Sprint(i % 7), deadline: record.LatestTime})
	}
	var names []string
	for _, w := range m.waits(9) {
		names = append(names, w.Name)
	}
	require.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6", "0", "1"}, names)
}

// pending visits tasks in order, and does not grow with those that have ended.
func TestPendingAgainstAList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := pending{byID: map[int64]*pendingTask{}}
		var want []int64
		t.Repeat(map[string]func(*rapid.T){
			"add": func(*rapid.T) { want = append(want, p.add(&pendingTask{end: func(record.Event) {}})) },
			"end": func(t *rapid.T) {
				id := rapid.Int64Range(0, p.last+1).Draw(t, "task")
				p.end(record.Event{Kind: history.TaskCompleted, Task: id})
				want = slices.DeleteFunc(want, func(other int64) bool { return other == id })
			},
			"": func(t *rapid.T) {
				var got []int64
				p.each(func(task *pendingTask) bool {
					got = append(got, task.wait.Task)
					return len(got) < 5
				})
				require.Equal(t, fmt.Sprint(want[:min(5, len(want))]), fmt.Sprint(got))
				require.LessOrEqual(t, len(p.order), 2*len(p.byID))
			},
		})
	})
}
