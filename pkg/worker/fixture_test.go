package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// testHub is all that workers and clients need.
type testHub interface {
	worker.Hub
	client.Hub
}

// settings are the hubs and the ways the cache can be set: every scenario must come
// out the same.
var settings = []struct {
	name  string
	open  func(*testing.T) testHub
	cache int
}{
	{"memory, cache on", inMemory, 0},
	{"memory, cache off", inMemory, -1},
	{"memory, cache thrashing", inMemory, 1},
	{"NATS, cache on", onNATS, 0},
	{"NATS, cache off", onNATS, -1},
}

func inMemory(*testing.T) testHub { return memhub.New(memhub.Config{}) }

func onNATS(t *testing.T) testHub { return natstest.OpenShared(t, jetstream.Config{}) }

// fixture is a hub with a client on it, and workers as the test wants them.
type fixture struct {
	*testing.T
	ctx      context.Context
	hub      testHub
	client   *client.Client
	registry *orchestration.Registry
	cache    int
}

// each runs a scenario in all settings.
func each(t *testing.T, register func(*orchestration.Registry), scenario func(*fixture)) {
	t.Helper()
	for _, setting := range settings {
		t.Run(setting.name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t, setting.open(t), register)
			s.cache = setting.cache
			scenario(s)
		})
	}
}

func newFixture(t *testing.T, h testHub, register func(*orchestration.Registry)) *fixture {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	var registry orchestration.Registry
	registry.Logger = quiet()
	register(&registry)
	require.NoError(t, h.Register(ctx, registry.Orchestrators()))
	return &fixture{T: t, ctx: ctx, hub: h, client: client.New(h), registry: &registry}
}

func quiet() *slog.Logger {
	level := slog.LevelError + 1
	if os.Getenv("DORMOUSE_TEST_LOG") != "" {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

// work runs a worker until the function it returns is called, or the test ends.
func (s *fixture) work() (stop func()) { return s.workOn(s.hub) }

func (s *fixture) workOn(h worker.Hub) (stop func()) {
	s.Helper()
	_, stop = s.launch(h, worker.Config{CacheSize: s.cache})
	return stop
}

func (s *fixture) launch(h worker.Hub, config worker.Config) (_ *worker.Worker, stop func()) {
	s.Helper()
	config.Logger = quiet()
	w, err := worker.New(h, s.registry, config)
	require.NoError(s, err)
	return w, testenv.Background(s, w.Run)
}

func (s *fixture) start(name string, input any, id string) {
	s.Helper()
	_, err := s.client.Start(s.ctx, name, input, client.WithInstanceID(id))
	require.NoError(s, err)
}

func (s *fixture) raise(id, event, payload string) {
	s.Helper()
	var raw any
	if payload != "" {
		raw = json.RawMessage(payload)
	}
	require.NoError(s, s.client.Raise(s.ctx, id, event, raw))
}

// waits waits until the instance waits for the event of that name.
func (s *fixture) waits(id, event string) *client.Instance {
	s.Helper()
	return s.until(id, func(i *client.Instance) bool {
		for _, w := range i.Waits {
			if w.Name == event {
				return true
			}
		}
		return false
	})
}

func (s *fixture) until(id string, ready func(*client.Instance) bool) *client.Instance {
	s.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	changes, err := s.hub.Watch(ctx, id)
	require.NoError(s, err)
	for {
		select {
		case <-changes:
		case <-s.ctx.Done():
			i, err := s.client.Get(context.Background(), id)
			s.Fatalf("instance %q is not what was waited for: %+v %v", id, i, err)
		}
		i, err := s.client.Get(s.ctx, id)
		if errors.Is(err, client.ErrInstanceNotFound) {
			continue // somebody else is about to start it
		}
		require.NoError(s, err)
		if ready(i) {
			return i
		}
	}
}

// completes waits until the instance has completed, with that output.
func (s *fixture) completes(id, output string) *client.Instance {
	s.Helper()
	i := s.ends(id)
	require.Equal(s, client.Completed, i.Status, "failure: %+v", i.Failure)
	require.JSONEq(s, output, string(i.Output))
	return i
}

func (s *fixture) ends(id string) *client.Instance {
	s.Helper()
	i, err := s.client.Wait(s.ctx, id)
	require.NoError(s, err)
	return i
}
