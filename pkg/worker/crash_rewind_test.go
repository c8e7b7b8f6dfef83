package worker_test

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// rewindScripts are about instances that fail and are rewound, and about more than
// one value can hold.
var rewindScripts = []script{
	{name: "rewind of a step that has asked for much", register: registerHasty, play: func(s *fixture) {
		word := rand.Text()
		s.start("Collector", 2, "col")
		s.start("Hasty", word, "h")
		s.raise("h", "Go", "1")
		require.Equal(s, client.Failed, s.ends("h").Status)
		s.waits("h.part", "More")
		sound.Store(word, true)
		s.rewind("h")
		require.Equal(s, "h.part", s.childOf("h"))
		s.raise("h.part", "More", "2")
		s.until("h", func(i *client.Instance) bool { return string(i.Output) == "3" })
		s.raise("col", "Item", `"last"`)
		s.completes("col", `["once","last"]`)
	}},
	{name: "rewind with events in line", register: registerHasty, play: func(s *fixture) {
		word := rand.Text()
		s.start("Round", round{Word: word}, "r")
		s.waits("r", "Go")
		s.raise("r", "Item", `"kept"`)
		s.raise("r", "Go", "1")
		require.Equal(s, client.Failed, s.ends("r").Status)
		sound.Store(word, true)
		s.rewind("r")
		s.until("r", func(i *client.Instance) bool { return string(i.Output) == `"kept"` })
	}},
	{name: "rewind, for a child that was refused", register: registerHasty, play: func(s *fixture) {
		s.start("Part", 5, "h.part")
		s.waits("h.part", "More")
		sound.Store("", true)
		s.start("Hasty", "", "h")
		s.raise("h", "Go", "1")
		require.Equal(s, client.Failed, s.ends("h").Status)
		s.raise("h.part", "More", "1")
		s.completes("h.part", "6")
		s.rewind("h")
		s.until("h.part", func(i *client.Instance) bool { return i.Status == client.Running })
		s.raise("h.part", "More", "2")
		s.until("h", func(i *client.Instance) bool { return string(i.Output) == "3" })
	}},
	{name: "rewind, for a child that was terminated, then for one that was purged", register: registerFamily, play: func(s *fixture) {
		child := s.rewindsTerminated()
		s.raise(child, "More", "-1")
		s.until("g", func(i *client.Instance) bool {
			return i.Status == client.Failed && strings.HasSuffix(i.Execution, "-r1")
		})
		s.purge("g.parent")
		s.purge(child)
		s.rewind("g")
		s.until(child, func(i *client.Instance) bool { return i.Status == client.Running })
		s.raise(child, "More", "6")
		s.until("g", func(i *client.Instance) bool { return string(i.Output) == "1000" })
	}},
	{name: "restart in place and beside, then purge", register: registerCollector, play: func(s *fixture) {
		s.start("Collector", 1, "c")
		s.raise("c", "Item", "1")
		s.completes("c", "[1]")
		_, err := s.client.Restart(s.ctx, "c", client.WithNewID("d"))
		require.NoError(s, err)
		_, err = s.client.Restart(s.ctx, "c")
		require.NoError(s, err)
		for _, id := range []string{"c", "d"} {
			s.raise(id, "Item", "2")
			s.completes(id, "[2]")
			s.purge(id)
			_, err := s.client.Get(s.ctx, id)
			require.ErrorIs(s, err, client.ErrInstanceNotFound)
		}
	}},
	{
		name: "what closed generations ask for takes segments", register: registerRouter,
		config: memhub.Config{MaxValue: 20_000, MaxPayload: 8_000},
		play:   func(s *fixture) { s.sendOn(20, 1200) },
	},
}

// purge purges an ended instance as soon as a worker has finished with it. A message
// whose ack was lost comes again, as it does from a real hub after a while.
func (s *fixture) purge(id string) {
	s.Helper()
	memory, ok := s.hub.(*memhub.Hub)
	require.True(s, ok)
	for {
		ctx, cancel := context.WithTimeout(s.ctx, 20*time.Millisecond)
		err := s.client.Purge(ctx, id)
		cancel()
		if err == nil {
			return
		}
		require.ErrorIs(s, err, context.DeadlineExceeded)
		require.NoError(s, s.ctx.Err(), "purge of %s", id)
		memory.Redeliver()
	}
}

type round struct {
	Word   string `json:"word"`
	Second bool   `json:"second"`
}

// registerHasty registers orchestrators that fail unless their word is sound: one
// after it has asked for things, one at the first step of its second generation.
func registerHasty(r *orchestration.Registry) {
	registerFamily(r)
	registerCollector(r)
	isSound := func(word string) error {
		if _, ok := sound.Load(word); !ok {
			return errBug
		}
		return nil
	}
	r.Add(orchestration.Orchestrator("Hasty", func(ctx *orchestration.Context, word string) (int, error) {
		if _, err := orchestration.Event[int]("Go").Wait(ctx).Await(); err != nil {
			return 0, err
		}
		part := orchestration.CallSubOrchestration[int](ctx, "Part", 1, orchestration.WithInstanceID(ctx.InstanceID()+".part"))
		if err := orchestration.Event[any]("Item").Send(ctx, "col", "once"); err != nil {
			return 0, err
		}
		if err := isSound(word); err != nil {
			return 0, err
		}
		return part.Await()
	}))
	r.Add(orchestration.Orchestrator("Round", func(ctx *orchestration.Context, in round) (string, error) {
		if !in.Second {
			if _, err := orchestration.Event[int]("Go").Wait(ctx).Await(); err != nil {
				return "", err
			}
			return "", ctx.ContinueAsNew(round{in.Word, true})
		}
		if err := isSound(in.Word); err != nil {
			return "", err
		}
		return orchestration.Event[string]("Item").Wait(ctx).Await()
	}))
}
