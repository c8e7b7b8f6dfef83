package worker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

func registerEcho(r *orchestration.Registry) {
	r.Add(orchestration.Orchestrator("Echo", func(_ *orchestration.Context, s string) (string, error) { return s, nil }))
	r.Add(orchestration.Orchestrator("Gate", func(ctx *orchestration.Context, s string) (string, error) {
		_, err := orchestration.Event[orchestration.None]("Open").Wait(ctx).Await()
		return s, err
	}))
	r.Add(orchestration.Orchestrator("Child", func(ctx *orchestration.Context, id string) (string, error) {
		return orchestration.CallSubOrchestration[string](ctx, "Echo", "new", orchestration.WithInstanceID(id)).Await()
	}))
}

// post says something as a plain NATS client does, and waits until it is dealt with.
func (s *fixture) post(m hub.Message) {
	s.Helper()
	number, err := s.hub.Post(s.ctx, m)
	require.NoError(s, err)
	require.Eventually(s, func() bool {
		settled, err := s.hub.Settled(s.ctx, m.Instance, number)
		require.NoError(s, err)
		return settled
	}, patience, time.Millisecond)
}

// remains waits for the end of the instance and checks that it is the old one.
func (s *fixture) remains(id string) {
	s.Helper()
	i, err := s.client.Get(s.ctx, id)
	require.NoError(s, err)
	require.JSONEq(s, `"old"`, string(i.Input))
}

// A user that may only start by plain NATS takes nothing away from what has ended.
func TestPlainStartErasesNothing(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		registerEcho(s.registry)
		require.NoError(s, s.hub.Register(s.ctx, s.registry.Orchestrators()))
		s.work()
		s.start("Echo", "old", "e")
		s.completes("e", `"old"`)
		start := hub.Message{Instance: "e", Verb: hub.VerbStart, Arg: "Echo", Data: []byte(`"new"`)}
		s.post(start)
		s.remains("e")
		start.With = &hub.Raised{Name: "E", Data: []byte("1")}
		s.post(start)
		s.remains("e")
		start.Instance, start.With = "f", nil
		s.post(start)
		s.completes("f", `"new"`)
		start.Instance, start.Replaces = "e", hub.AnyEnded // the verb for it
		s.post(start)
		s.completes("e", `"new"`)
	})
}

// Where the hub uses no id again nothing takes the place of what there is, until it is
// purged.
func TestHubThatUsesNoIDAgain(t *testing.T) {
	t.Parallel()
	both(t, func(s *fixture) {
		registerEcho(s.registry)
		require.NoError(s, s.hub.Register(s.ctx, s.registry.Orchestrators()))
		s.work()
		s.start("Echo", "old", "e")
		s.completes("e", `"old"`)
		s.start("Gate", "old", "g")
		s.waits("g", "Open")
		policy, err := s.client.Settings().IDReuse(s.ctx)
		require.NoError(s, err)
		require.Equal(s, client.RefuseLive, policy)
		require.ErrorIs(s, s.client.Settings().SetIDReuse(s.ctx, client.TerminateLive), client.ErrInvalidOption)
		require.NoError(s, s.client.Settings().SetIDReuse(s.ctx, client.NeverReuse))
		policy, err = s.client.Settings().IDReuse(s.ctx)
		require.NoError(s, err)
		require.Equal(s, client.NeverReuse, policy)

		for _, policy := range []client.IDReuse{client.RefuseLive, client.NeverReuse, client.TerminateLive} {
			for _, id := range []string{"e", "g"} {
				_, err := s.client.Start(s.ctx, "Echo", "new", client.WithInstanceID(id), client.WithIDReuse(policy))
				require.ErrorIs(s, err, client.ErrInstanceExists, "%s %s", policy, id)
			}
		}
		_, err = s.client.StartWithEvent(s.ctx, "Echo", "new", "E", 1, client.WithInstanceID("e"))
		require.ErrorIs(s, err, client.ErrInstanceExists)
		_, err = s.client.Restart(s.ctx, "e")
		require.ErrorIs(s, err, client.ErrInstanceExists)
		for _, id := range []string{"e", "g"} {
			for _, replaces := range []uint64{0, hub.AnyEnded, hub.AnyAtAll} {
				s.post(hub.Message{Instance: id, Verb: hub.VerbStart, Arg: "Echo", Data: []byte(`"new"`), Replaces: replaces})
			}
		}
		s.start("Child", "e", "parent")
		i, err := s.client.Wait(s.ctx, "parent")
		require.NoError(s, err)
		require.Equal(s, client.Failed, i.Status)
		require.Contains(s, i.Failure.Error(), `instance "e" is Completed`)
		s.remains("e")
		s.remains("g")

		_, err = s.client.StartWithEvent(s.ctx, "Gate", "new", "Open", nil, client.WithInstanceID("g"))
		require.NoError(s, err, "a live one takes the event")
		s.completes("g", `"old"`)
		require.NoError(s, s.client.Purge(s.ctx, "e"))
		s.start("Echo", "new", "e")
		s.completes("e", `"new"`)
		require.NoError(s, s.client.Settings().SetIDReuse(s.ctx, client.RefuseLive))
		s.start("Echo", "newer", "e")
		s.completes("e", `"newer"`)
	})
}
