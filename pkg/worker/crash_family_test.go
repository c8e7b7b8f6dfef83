package worker_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// familyScripts are about what instances do to each other, and what is done to
// them from outside.
var familyScripts = []script{
	{"children, and events sent to them", registerFamily, func(s *stage) {
		s.start("Sum", 3, "s")
		s.completes("s", "33")
		for n := range 3 {
			s.tookOneEvent(fmt.Sprintf("s-part-%d", n))
		}
	}},
	{"a child that fails", registerFamily, func(s *stage) {
		s.start("Grandparent", 4, "g")
		s.exists("g.parent")
		child := s.childOf("g.parent")
		s.waits(child, "More")
		s.raise(child, "More", "-1")
		require.Equal(s, client.Failed, s.ends("g").Status)
	}},
	{"terminate with children", registerFamily, func(s *stage) {
		s.start("Grandparent", 4, "g")
		s.exists("g.parent")
		child := s.childOf("g.parent")
		s.waits(child, "More")
		require.NoError(s, s.client.Terminate(s.ctx, "g", "enough"))
		for _, id := range []string{"g", "g.parent", child} {
			require.Equal(s, client.Terminated, s.ends(id).Status)
		}
	}},
	{"a child whose id is taken", registerFamily, func(s *stage) {
		s.start("Part", 1, "taken")
		s.waits("taken", "More")
		s.start("Picky", "taken", "picky")
		s.completes("picky", `"InstanceExists"`)
	}},
	{"rewind, with a child", registerFragile, func(s *stage) {
		word := rand.Text()
		s.start("Careless", word, "c")
		require.Equal(s, client.Failed, s.ends("c").Status)
		sound.Store(word, true)
		s.rewind("c")
		s.until("c", func(i *client.Instance) bool { return i.Status == client.Completed })
	}},
	{"a start with an event, a start that replaces it, an event ahead", registerCollector, func(s *stage) {
		post := func(m history.Message) {
			m.Instance = "c"
			_, err := s.hub.Post(s.ctx, m)
			require.NoError(s, err)
		}
		start := history.Message{Verb: history.VerbStart, Arg: "Collector", Data: []byte("2"), Execution: "e1", Replaces: history.AnyEnded}
		post(history.Message{Verb: history.VerbRaise, Arg: "Item", Data: []byte("1"), At: time.Now().Add(time.Hour)})
		start.With = &history.Raised{Name: "Item", Data: []byte("2")}
		post(start)
		s.exists("c")
		require.Equal(s, "e1", s.completes("c", "[1,2]").Execution)
		start.Execution, start.With.Data = "e2", []byte("3")
		post(start)
		s.until("c", func(i *client.Instance) bool { return i.Execution == "e2" })
		start.Execution, start.With.Data, start.Replaces = "e3", []byte("4"), history.AnyAtAll
		post(start)
		s.until("c", func(i *client.Instance) bool { return i.Execution == "e3" })
		s.raise("c", "Item", "5")
		s.completes("c", "[4,5]")
	}},
	{"a delayed start", registerCollector, func(s *stage) {
		_, err := s.hub.Post(s.ctx, history.Message{
			Instance: "c", Verb: history.VerbStart, Arg: "Collector", Data: []byte("1"), Execution: "e1",
			Replaces: history.AnyEnded, At: time.Now().Add(5 * time.Millisecond),
		})
		require.NoError(s, err)
		s.exists("c")
		s.raise("c", "Item", "7")
		s.completes("c", "[7]")
	}},
}

// exists waits until somebody has started the instance.
func (s *stage) exists(id string) {
	s.Helper()
	s.until(id, func(i *client.Instance) bool { return i.Status.IsInstance() })
}

func (s *stage) tookOneEvent(id string) {
	s.Helper()
	events, err := s.client.History(s.ctx, id)
	require.NoError(s, err)
	raised := 0
	for _, e := range events {
		if e.Kind == history.EventRaised {
			raised++
		}
	}
	require.Equal(s, 1, raised)
}

// sound are the words that the activity Break does not break at.
var sound sync.Map

// registerFragile registers a parent whose child's activity fails until its input
// is sound.
func registerFragile(r *orchestration.Registry) {
	orchestration.RegisterActivity(r, "Break", func(_ context.Context, word string) (string, error) {
		if _, ok := sound.Load(word); !ok {
			return "", errors.New("broken")
		}
		return word, nil
	})
	orchestration.RegisterOrchestrator(r, "Careful", func(ctx *orchestration.Context, s string) (string, error) {
		return orchestration.CallActivity[string](ctx, "Break", s).Await()
	})
	orchestration.RegisterOrchestrator(r, "Careless", func(ctx *orchestration.Context, s string) (string, error) {
		return orchestration.CallSubOrchestration[string](ctx, "Careful", s).Await()
	})
}
