package turn_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// TestAnyTurnsLeadWhereTheModelLeads: however messages are cut into batches, whatever is
// delivered again, and wherever workers die, replicas lag behind and code does not come back:
// the instance is what it would be if each message were taken once, in order.
func TestAnyTurnsLeadWhereTheModelLeads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, code: &collectors{}}
		w.model = model{replies: map[uint64]history.Outcome{}}
		n := rapid.IntRange(1, 30).Draw(t, "messages")
		for seq := range n {
			w.messages = append(w.messages, anyMessage(t, uint64(seq+1)))
		}
		w.load()
		defer func() { w.instance.Close() }()
		for w.taken < n {
			w.turn()
		}
		require.Zero(t, w.code.live-w.parked(), "all code but the parked is closed")
	})
}

// world stores one instance of the collector, and its model.
type world struct {
	t        *rapid.T
	code     *collectors
	messages []hub.Delivery
	taken    int // of the messages
	revision uint64
	records  []*record.InstanceRecord // all that were stored, the newest last
	instance turn.Instance
	model    model
}

func (w *world) newest() *record.InstanceRecord {
	if len(w.records) == 0 {
		return nil
	}
	return w.records[len(w.records)-1]
}

func (w *world) load() {
	w.instance.Close()
	w.instance = loaded(w.newest(), w.revision)
	w.instance.Latest = true
}

func loaded(v *record.InstanceRecord, revision uint64) turn.Instance {
	if v == nil {
		return *turn.Load("i", nil, revision, nil)
	}
	return *turn.Load("i", v, revision, v.Log.Events)
}

func (w *world) parked() int {
	if w.instance.Code == nil {
		return 0
	}
	return 1
}

// turn takes one turn, under some misfortune.
func (w *world) turn() {
	w.code.mended = rapid.Bool().Draw(w.t, "mended")
	w.model.mended = w.code.mended
	w.code.stuck = rapid.IntRange(0, 3).Draw(w.t, "stuck") == 0
	if rapid.IntRange(0, 2).Draw(w.t, "unload") == 0 {
		w.load()
	}
	// A stray that comes again must not find another instance: only what the watermark
	// covers is delivered again.
	again := 0
	if v := w.newest(); v != nil && w.taken > 0 && v.Watermark >= w.messages[w.taken-1].Seq {
		again = rapid.IntRange(0, w.taken).Draw(w.t, "again")
	}
	batch := w.messages[w.taken-again:]
	batch = batch[:rapid.IntRange(again+1, len(batch)).Draw(w.t, "batch")]
	if w.code.stuck {
		batch = w.upToStick(batch)
	}
	switch rapid.IntRange(0, 5).Draw(w.t, "misfortune") {
	case 0: // a replica lags behind: what it leads to is refused, or done again
		if len(w.records) > 0 {
			old := w.records[rapid.IntRange(0, len(w.records)-1).Draw(w.t, "old")]
			i := loaded(old, w.revision-1)
			o := turn.Advance(&i, turn.Batch{Messages: batch, Now: noon}, limits, w.code)
			o.Next.Close()
		}
	case 1: // the worker dies before the commit
		o := turn.Advance(&w.instance, turn.Batch{Messages: batch, Now: noon}, limits, w.code)
		o.Next.Close()
		w.instance = loaded(w.newest(), w.revision)
		w.instance.Latest = true
	default:
		w.store(turn.Advance(&w.instance, turn.Batch{Messages: batch, Now: noon}, limits, w.code), again)
	}
}

// upToStick cuts a batch off behind the first message at which the code may get stuck: what
// comes behind could preempt it, and the model knows nothing of that.
func (w *world) upToStick(batch []hub.Delivery) []hub.Delivery {
	for i, m := range batch {
		if m.Verb == hub.VerbStart || m.Verb == hub.VerbRewind || m.Arg == "Stick" {
			return batch[:i+1]
		}
	}
	return batch
}

var limits = turn.Limits{Payload: 1 << 18, Record: 1 << 20}

// store commits an outcome, and compares the instance with the model.
func (w *world) store(o *turn.Outcome, again int) {
	require.NotEqual(w.t, turn.Stale, o.Kind)
	for i := again; i < o.Taken; i++ {
		w.model.take(w.messages[w.taken+i-again])
	}
	w.taken += max(0, o.Taken-again)
	for _, r := range o.Replies {
		seq, err := strconv.ParseUint(r.To, 10, 64)
		require.NoError(w.t, err)
		require.Equal(w.t, w.model.replies[seq], r.Outcome, "message %d", seq)
	}
	w.instance = o.Next
	if o.Changed {
		v := o.Next.Record
		v.Log = v.Log.Join(record.NewLog(o.Events...))
		o.Next.Record = v
		w.records = append(w.records, &v)
		w.revision++
		w.instance = *o.Stored(w.revision)
	}
	if o.Kind == turn.Blocked || !w.instance.IsLive() {
		w.load()
	}
	if o.Kind != turn.Blocked {
		w.compare()
	}
}

func (w *world) compare() {
	v := w.newest()
	if v == nil {
		require.Zero(w.t, w.model.status)
		return
	}
	if v.Status == history.Pending {
		return // a claim whose start is blocked: the model has yet to take that in
	}
	require.Equal(w.t, w.model.status.String(), v.Status.String())
	require.Equal(w.t, w.model.execution, runOf(v))
	require.Len(w.t, v.Kept, len(w.model.kept))
	if w.model.isInstance() {
		require.Equal(w.t, w.model.items, collected(v))
	}
	require.LessOrEqual(w.t, v.Watermark, w.messages[w.taken-1].Seq)
}

// collected returns the items that the code has taken by the history of a record.
func collected(v *record.InstanceRecord) []string {
	o := &collector{}
	o.resume(v.Input)
	for i, e := range v.Log.Events {
		if e.Kind == history.ExecutionFailed || i+1 < len(v.Log.Events) && v.Log.Events[i+1].Kind == history.ExecutionFailed {
			break // it has failed at this event
		}
		o.collect(e)
	}
	return o.items
}

// anyMessage draws a message, with few names and ids so that they meet.
func anyMessage(t *rapid.T, seq uint64) hub.Delivery {
	m := hub.Message{Instance: "i"}
	switch rapid.IntRange(0, 9).Draw(t, "verb") {
	case 0, 1:
		m.Verb, m.Arg = hub.VerbStart, "Collector"
		m.Execution = fmt.Sprintf("x%d", rapid.IntRange(0, 3).Draw(t, "execution"))
		m.Replaces = rapid.SampledFrom([]uint64{hub.NoInstance, hub.AnyEnded, hub.AnyAtAll}).Draw(t, "replaces")
		if rapid.Bool().Draw(t, "with") {
			m.With = &hub.Raised{Name: anyEvent(t), ID: anyID(t), Data: []byte(strconv.FormatUint(seq, 10))}
		}
	case 2:
		m.Verb = rapid.SampledFrom([]hub.Verb{hub.VerbTerminate, hub.VerbSuspend, hub.VerbResume}).Draw(t, "control")
	case 3:
		m.Verb = hub.VerbRewind
	default:
		m.Verb, m.Arg, m.ID = hub.VerbRaise, anyEvent(t), anyID(t)
		m.Data = []byte(strconv.FormatUint(seq, 10))
		if rapid.Bool().Draw(t, "keep") {
			m.KeepUntil = noon.Add(time.Hour)
		}
	}
	if m.Verb == hub.VerbRaise || m.With != nil {
		m.Receipt = strconv.FormatUint(seq, 10)
	}
	return hub.Delivery{Message: m, Seq: seq, Stored: noon}
}

func anyEvent(t *rapid.T) string {
	return rapid.SampledFrom([]string{"Item", "Item", "Item", "Renew", "Done", "Boom", "Stick"}).Draw(t, "event")
}

func anyID(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", "a", "b"}).Draw(t, "id")
}

// collectors run the collector: an orchestrator that shows the items it was handed.
type collectors struct {
	mended, stuck bool
	live          int
}

func (c *collectors) Newest(string) string { return "" }

func (c *collectors) Begin(info replay.Execution, events []record.Event) (turn.Orchestrator, error) {
	c.live++
	o := &collector{c: c}
	o.resume(info.Input)
	for _, e := range events {
		o.collect(e)
	}
	return o, nil
}

type collector struct {
	c     *collectors
	items []string
	took  bool
}

// resume goes on from the items of the generation before.
func (o *collector) resume(input []byte) {
	if len(input) > 0 {
		o.items = strings.Split(string(input), ",")
	}
}

func (o *collector) collect(e record.Event) {
	switch {
	case e.Kind != history.EventRaised:
	case e.Name == "Item":
		o.items = append(o.items, string(e.Data))
	case e.Name == "Boom":
		o.items = append(o.items, "boom")
	}
}

func (o *collector) Handle(e record.Event) ([]record.Event, error) {
	o.took = e.Kind == history.EventRaised && e.Name == "Item"
	if e.Kind != history.EventRaised {
		return nil, nil
	}
	switch e.Name {
	case "Boom":
		if !o.c.mended {
			return []record.Event{{Kind: history.ExecutionFailed, Time: e.Time, Failure: &history.Failure{Type: "Boom"}}}, nil
		}
	case "Done":
		return []record.Event{{Kind: history.ExecutionCompleted, Time: e.Time}}, nil
	case "Renew":
		return []record.Event{{Kind: history.ContinuedAsNew, Time: e.Time, Data: []byte(strings.Join(o.items, ","))}}, nil
	case "Stick":
		if o.c.stuck {
			return nil, errors.New("stuck")
		}
	}
	o.collect(e)
	return nil, nil
}

func (o *collector) Took() bool        { return o.took }
func (o *collector) Awaits(int64) bool { return false }
func (o *collector) Close()            { o.c.live-- }

func (o *collector) View() replay.View {
	return replay.View{CustomStatus: []byte(strings.Join(o.items, ","))}
}
