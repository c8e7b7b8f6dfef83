package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// fakeEngine is a hub whose instances are as the test sets them.
type fakeEngine struct {
	*testing.T
	hub       *memhub.Hub
	revisions map[string]uint64
}

func newFakeEngine(t *testing.T) *fakeEngine {
	return &fakeEngine{T: t, hub: memhub.New(memhub.Config{}), revisions: map[string]uint64{}}
}

func (p *fakeEngine) set(id string, v *record.InstanceRecord) {
	p.Helper()
	v.Name, v.Created, v.Updated = "B", noon, noon
	revision, err := p.hub.Commit(context.Background(), id, v, p.revisions[id])
	require.NoError(p, err)
	p.revisions[id] = revision
}

// tape keeps what is written, and calls then after each writing.
type tape struct {
	written bytes.Buffer
	then    func(written string) error
}

func (t *tape) Write(p []byte) (int, error) {
	n, err := t.written.Write(p)
	return n, errors.Join(err, t.then(string(p)))
}

func TestShowInstanceUntilItHasEnded(t *testing.T) {
	t.Parallel()
	p := newFakeEngine(t)
	p.set("b1", &record.InstanceRecord{
		Status: history.Running, Waits: []client.Wait{{Kind: client.WaitEvent, Name: "Approval", Since: noon}},
		Log: record.NewLog(record.Started("B", "3").By(record.OldestWait).On(noon)),
	})
	shown, last := 0, ""
	out := &tape{then: func(picture string) error {
		if last = picture; shown == 0 {
			require.Contains(t, picture, "event Approval since")
			require.Contains(t, picture, "version:        3")
			require.Contains(t, picture, `ExecutionStarted "B"`)
			require.True(t, strings.HasPrefix(picture, goHome))
			p.set("b1", &record.InstanceRecord{Status: history.Completed, Output: []byte("7")})
		}
		shown++
		return nil
	}}
	require.NoError(t, showInstance(t.Context(), client.New(p.hub), &screen{w: out}, "b1"))
	require.Contains(t, last, "output:         7"+clearLine+"\n")
}

func TestShowInstanceOfNobody(t *testing.T) {
	t.Parallel()
	err := showInstance(t.Context(), client.New(newFakeEngine(t).hub), &screen{w: &bytes.Buffer{}}, "b1")
	require.ErrorIs(t, err, client.ErrInstanceNotFound)
}

func TestPictureShowsTheEndOfTheHistory(t *testing.T) {
	t.Parallel()
	p := view{Instance: &client.Instance{ID: "b1", Status: client.Running}}
	for range lastEvents + 3 {
		p.events = append(p.events, client.Event{Kind: history.EventRaised, Name: "E", Time: noon})
	}
	text := picture(p, noon)
	require.Contains(t, text, "… 3 events before\n")
	require.Equal(t, lastEvents, strings.Count(text, "EventRaised"))
}

func TestLogInstance(t *testing.T) {
	t.Parallel()
	p := newFakeEngine(t)
	p.set("b1", &record.InstanceRecord{Status: history.Failed, Failure: &client.Failure{Type: "E", Message: "no\nway"}})
	var text, lines bytes.Buffer
	w := &watching{command: &command{}}
	require.NoError(t, w.logInstance(t.Context(), client.New(p.hub), &text, "b1"))
	require.Equal(t, "2026-03-01 12:00:00.000Z  Failed  failure: E: \"no\\nway\"\n", text.String())

	w.Output = cli.OutputJSON
	require.NoError(t, w.logInstance(t.Context(), client.New(p.hub), &lines, "b1"))
	require.Equal(t, 1, strings.Count(lines.String(), "\n"))
	var payload jsonview.Status
	require.NoError(t, json.Unmarshal(lines.Bytes(), &payload))
	require.Equal(t, "Failed", payload.RuntimeStatus)
}

func TestInstanceLine(t *testing.T) {
	t.Parallel()
	require.Equal(t, `2026-03-01 12:00:00.000Z  Running  "half"  blocked: no; code  waiting for event Approval, child Part #2`,
		instanceLine(&client.Instance{
			Status: client.Running, Updated: noon, CustomStatus: json.RawMessage(`"half"`), Blocked: "no\ncode",
			Waits: []client.Wait{{Kind: client.WaitEvent, Name: "Approval"}, {Kind: client.WaitChild, Name: "Part", Task: 2}},
		}))
}

func TestLogListGoesOnWithChanges(t *testing.T) {
	t.Parallel()
	p := newFakeEngine(t)
	p.set("b1", &record.InstanceRecord{Status: history.Running, Tags: client.Tags{"k": "v"}})
	p.set("b2", &record.InstanceRecord{Status: history.Failed})
	ctx, cancel := context.WithCancel(t.Context())
	lines := 0
	out := &tape{then: func(string) error {
		switch lines++; lines {
		case 1:
			p.set("b3", &record.InstanceRecord{Status: history.Running})
			p.set("b1", &record.InstanceRecord{Status: history.Completed})
		case 2:
			cancel()
		}
		return nil
	}}
	w := &watching{command: &command{}, filter: filtering{Filter: client.Filter{Status: []client.Status{client.Running}}}}
	require.ErrorIs(t, w.logList(ctx, client.New(p.hub), out), context.Canceled)
	require.Regexp(t, `^\S+ \S+  b1  B  Running  k=v\n\S+ \S+  b3  B  Running\n$`, out.written.String())
}

func TestShowListDropsWhatIsOfAnotherStatus(t *testing.T) {
	t.Parallel()
	p := newFakeEngine(t)
	for _, id := range []string{"b0", "b1", "b2"} {
		p.set(id, &record.InstanceRecord{Status: history.Running})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	pictures := 0
	out := &tape{then: func(picture string) error {
		switch pictures++; {
		case pictures == 1:
			require.NotContains(t, picture, "b0", "there are but two rows")
			require.Contains(t, picture, "b1")
			p.set("b1", &record.InstanceRecord{Status: history.Completed})
		case !strings.Contains(picture, "b1"):
			require.Contains(t, picture, "b2")
			cancel()
		}
		return nil
	}}
	err := showList(ctx, client.New(p.hub), &screen{w: out}, client.Filter{Status: []client.Status{client.Running}}, 2)
	require.ErrorIs(t, err, context.Canceled)
}

func TestMerge(t *testing.T) {
	t.Parallel()
	row := func(id string, status client.Status) client.Summary {
		return client.Summary{Instance: id, Status: status}
	}
	a, b, c := row("a", client.Running), row("b", client.Running), row("c", client.Running)
	require.Equal(t, []client.Summary{b, c}, merge([]client.Summary{a, b}, []client.Summary{c}, nil, 2))
	require.Equal(t, []client.Summary{b, a}, merge([]client.Summary{a, b}, []client.Summary{a}, nil, 9))
	ended := row("a", client.Completed)
	require.Equal(t, []client.Summary{b}, merge([]client.Summary{a, b}, []client.Summary{ended}, []client.Status{client.Running}, 9))
}

// counted is a hub that counts how often its list is read.
type counted struct {
	*memhub.Hub
	scans atomic.Int32
}

func (c *counted) Scan(ctx context.Context, cursor uint64, visit func(history.Summary) bool) error {
	c.scans.Add(1)
	return c.Hub.Scan(ctx, cursor, visit)
}

// Watching the list of a hub where nothing happens reads nothing, with a terminal and
// without; its picture is drawn again all the same.
func TestWatchingAQuietListReadsNothing(t *testing.T) {
	t.Parallel()
	watches := map[string]func(ctx context.Context, to *client.Client, out io.Writer) error{
		"lines": func(ctx context.Context, to *client.Client, out io.Writer) error {
			return (&watching{command: &command{}}).logList(ctx, to, out)
		},
		"picture": func(ctx context.Context, to *client.Client, out io.Writer) error {
			return showList(ctx, to, &screen{w: out}, client.Filter{}, 20)
		},
	}
	for name, watch := range watches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newFakeEngine(t)
				p.set("b1", &record.InstanceRecord{Status: history.Running})
				hub := &counted{Hub: p.hub}
				ctx, cancel := context.WithCancel(t.Context())
				var written atomic.Int32
				out := &tape{then: func(string) error { written.Add(1); return nil }}
				done := make(chan error, 1)
				go func() { done <- watch(ctx, client.New(hub), out) }()
				time.Sleep(time.Minute)
				require.EqualValues(t, 1, hub.scans.Load())
				if name == "picture" {
					require.Greater(t, written.Load(), int32(50))
				}
				for range 100 {
					p.set("b1", &record.InstanceRecord{Status: history.Running})
				}
				time.Sleep(time.Minute)
				require.LessOrEqual(t, hub.scans.Load(), int32(3))
				cancel()
				require.ErrorIs(t, <-done, context.Canceled)
				require.Contains(t, out.written.String(), "b1")
			})
		})
	}
}
