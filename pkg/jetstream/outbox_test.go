package jetstream_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

func run(task int64) hub.Command {
	return hub.Command{Run: &hub.Activity{Instance: "i", Execution: "e", Task: task, Name: "Act"}}
}

// A batch done twice stores every activity once.
func TestBatchOfAThousandActivities(t *testing.T) {
	t.Parallel()
	_, nc, h := natstest.New(t)
	var commands []hub.Command
	for task := range int64(1000) {
		commands = append(commands, run(task+1))
	}
	require.NoError(t, h.Send(t.Context(), commands))
	require.NoError(t, h.Send(t.Context(), commands))
	awaitStored(t, nc, "default-activity", 1000)
}

// Activities that a worker has got and cannot begin any more go to another without
// delay, though they would come again only after 30 s.
func TestStoppedWorkGivesBack(t *testing.T) {
	t.Parallel()
	_, _, h := natstest.New(t)
	var commands []hub.Command
	for task := range int64(500) {
		commands = append(commands, run(task+1))
	}
	require.NoError(t, h.Send(t.Context(), commands))
	done := make(chan int64, 2*len(commands))
	work := func() hub.Session {
		s, err := h.Work(t.Context(), "Act", 50, func(d hub.ActivityDelivery) {
			done <- d.Task
			_ = d.Ack()
		})
		require.NoError(t, err)
		t.Cleanup(s.Stop)
		return s
	}
	first := work()
	<-done
	first.Stop()
	seen := 1 + len(done)
	for len(done) > 0 {
		<-done
	}
	work()
	began := time.Now()
	for ; seen < len(commands); seen++ {
		<-done
	}
	require.Less(t, time.Since(began), 20*time.Second)
}

// One id names one event at each instance.
func TestEventIDsAreNotMessageIDs(t *testing.T) {
	t.Parallel()
	_, hub := onePartition(t)
	b := openAll(t, hub)
	for _, instance := range []string{"i", "j", "i"} {
		m := raise(instance, "E")
		m.ID = "id-1"
		_, err := hub.Post(t.Context(), m)
		require.NoError(t, err)
	}
	require.Len(t, b.await(t, 3), 3)
}

// A message that an instance sends to another once only is stored once, however often it is
// sent: a crash brings the commands of a turn again.
func TestWhatIsToldTwiceIsStoredOnce(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	commands := toldOnce("c1")
	require.NoError(t, hub.Send(t.Context(), commands))
	require.NoError(t, hub.Send(t.Context(), append(commands, commands...)))
	require.NoError(t, hub.Send(t.Context(), toldOnce("c2")))
	awaitStored(t, nc, "default-control", 2*uint64(len(commands)))
	first, err := hub.Post(t.Context(), *toldOnce("c3")[1].Tell)
	require.NoError(t, err)
	again, err := hub.Post(t.Context(), *toldOnce("c3")[1].Tell)
	require.NoError(t, err)
	require.Equal(t, first, again, "a worker's result")
	// A publisher's event of the same id is another.
	m := raise("i", "E")
	m.ID = "c1/1"
	_, err = hub.Post(t.Context(), m)
	require.NoError(t, err)
	awaitStored(t, nc, "default-control", 2*uint64(len(commands))+2)
}

func toldOnce(execution string) []hub.Command {
	var commands []hub.Command
	for _, m := range []hub.Message{
		{Verb: hub.VerbStart, Arg: "Child", Execution: execution, Replaces: hub.AnyEnded},
		{Verb: hub.VerbCompleted, Arg: "1", Execution: execution},
		{Verb: hub.VerbFailed, Arg: "2", Execution: execution},
		{Verb: hub.VerbRaise, Arg: "E", ID: execution + "/1"},
	} {
		m.Instance = "i"
		commands = append(commands, hub.Command{Tell: &m})
	}
	return commands
}

func TestPostRefusesWhatNoHubTakes(t *testing.T) {
	t.Parallel()
	_, nc, h := natstest.New(t)
	withID := func(id string) hub.Message {
		m := raise("i", "E")
		m.ID = id
		return m
	}
	for _, m := range []hub.Message{
		raise("", "E"), raise("@i", "E"), raise("a/b", "E"), raise("i", ""),
		{Instance: "i", Verb: "shout", Arg: "E"},
		withID("a\r\nNats-Rollup: all"), withID(" a"), withID("\xff"), withID(strings.Repeat("x", 513)),
	} {
		_, err := h.Post(t.Context(), m)
		require.ErrorIs(t, err, ident.ErrInvalidName, "%+v", m)
	}
	text := hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "B", Data: []byte("text"), With: &hub.Raised{Name: "E"}}
	_, err := h.Post(t.Context(), text)
	require.ErrorIs(t, err, jetstream.ErrNotJSON)
	require.EqualError(t, err, `start instance "i" with event "E": "input" is not JSON`)
	large := raise("i", "E")
	large.Data = make([]byte, h.MaxPayload()+1)
	_, err = h.Post(t.Context(), large)
	require.ErrorIs(t, err, jetstream.ErrTooLarge)
	awaitStored(t, nc, "default-control", 0)
}

func TestValuesAndSegmentsThatAreTooLarge(t *testing.T) {
	t.Parallel()
	_, _, hub := natstest.New(t)
	v := value("e")
	v.Input = make([]byte, hub.MaxValue())
	_, err := hub.Commit(t.Context(), "i", v, 0)
	require.ErrorIs(t, err, jetstream.ErrTooLarge)
	require.ErrorIs(t, hub.WriteSegment(t.Context(), "i", "k", make([]byte, hub.MaxValue()+1)), jetstream.ErrTooLarge)
	require.NoError(t, hub.WriteSegment(t.Context(), "i", "k", make([]byte, hub.MaxValue())))

	v.Input = make([]byte, hub.MaxValue()-1024)
	_, err = hub.Commit(t.Context(), "i", v, 0)
	require.NoError(t, err)
	latest, _, err := hub.LoadLatest(t.Context(), "i")
	require.NoError(t, err)
	require.Len(t, latest.Input, len(v.Input))
}

func TestDoReportsWhatFailed(t *testing.T) {
	t.Parallel()
	_, _, h := natstest.New(t)
	bad := hub.Command{Run: &hub.Activity{Instance: "i", Execution: "e", Task: 1}}
	err := h.Send(t.Context(), []hub.Command{run(1), bad, {}})
	require.ErrorIs(t, err, ident.ErrInvalidName)
	require.ErrorContains(t, err, "2 of 3 commands")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, h.Send(ctx, []hub.Command{run(1)}), context.Canceled)
}

// The timers of a purged instance are gone; those of the id's next instance stay.
func TestPurgeLeavesTheNextInstanceAlone(t *testing.T) {
	t.Parallel()
	_, nc, h := natstest.New(t)
	set := func(execution string) {
		timer := &hub.Timer{Instance: "i", Execution: execution, Task: 1, At: time.Now().Add(time.Hour)}
		require.NoError(t, h.Send(t.Context(), []hub.Command{{Set: timer}}))
	}
	revision, err := h.Commit(t.Context(), "i", value("e1"), 0)
	require.NoError(t, err)
	require.NoError(t, h.WriteSegment(t.Context(), "i", "e1.1.2", []byte("x")))
	set("e1")
	require.NoError(t, h.Purge(t.Context(), "i", revision))
	awaitStored(t, nc, "default-timer", 0)
	_, err = h.ReadSegments(t.Context(), "i", []string{"e1.1.2"})
	require.ErrorIs(t, err, hub.ErrNotFound)

	_, tombstone, err := h.Load(t.Context(), "i")
	require.NoError(t, err)
	_, err = h.Commit(t.Context(), "i", value("e2"), tombstone)
	require.NoError(t, err)
	set("e2")
	require.ErrorIs(t, h.Purge(t.Context(), "i", revision), hub.ErrConflict)
	awaitStored(t, nc, "default-timer", 1)
}

// So are those that are due and not handed on, since nobody has partition 0 open.
func TestPurgeTakesTimersThatAreDue(t *testing.T) {
	t.Parallel()
	_, nc, h := natstest.New(t)
	revision, err := h.Commit(t.Context(), "i", value("e1"), 0)
	require.NoError(t, err)
	timer := &hub.Timer{Instance: "i", Execution: "e1", Task: 1, At: time.Now()}
	require.NoError(t, h.Send(t.Context(), []hub.Command{{Set: timer}}))
	timers, err := mustJetStream(t, nc).Stream(t.Context(), "default-timer")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := timers.GetLastMsgForSubject(t.Context(), "default.due.i.e1.1")
		return err == nil
	}, maxWait, soon)
	require.NoError(t, h.Purge(t.Context(), "i", revision))
	awaitStored(t, nc, "default-timer", 0)
}

// Listing goes on to the end however many there are.
func TestScanOfMany(t *testing.T) {
	t.Parallel()
	_, _, hub := natstest.New(t)
	const count = 5000
	revisions := make([]uint64, count)
	for n := range count {
		var err error
		revisions[n], err = hub.Commit(t.Context(), fmt.Sprintf("i%d", n), value("e"), 0)
		require.NoError(t, err)
	}
	visited := 0
	require.NoError(t, hub.Scan(t.Context(), 0, func(s history.Summary) bool {
		require.Equal(t, fmt.Sprintf("i%d", visited), s.Instance)
		require.Equal(t, revisions[visited], s.Revision)
		visited++
		return true
	}))
	require.Equal(t, count, visited)
}
