package client_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// fakeHub is a hub without an engine: tests play the engine by setting values.
// The before functions run at the moments that a race could use.
type fakeHub struct {
	identity string

	hub.Queues // it has none

	mu       sync.Mutex
	revision uint64
	values   map[string]*record.InstanceRecord
	last     map[string]uint64
	segments map[string][]byte
	posted   []hub.Message
	names    []string
	asked    int
	changed  chan struct{}

	// unreachable is how often a load, or a watch, finds the connection broken.
	unreachable int
	// silent is how many loads are not answered in time.
	silent int

	// activities are those that are registered; forgetful is why they cannot be told.
	activities []string
	forgetful  error

	// deaf is why nothing can be watched.
	deaf error

	scans atomic.Int32
	// visited is how many instances were shown in scans.
	visited atomic.Int64

	// unsettled is how often instances are said not to be settled.
	unsettled int

	// outcomes answer what is asked; nil for a hub that answers nothing.
	outcomes chan history.Outcome

	retention time.Duration
	keepsIDs  bool

	beforeClaim func(hub.Message)
	beforePurge func()
	stale       map[string]*record.InstanceRecord
}

func newFakeHub(names ...string) *fakeHub {
	return &fakeHub{
		identity: rand.Text(),
		values:   map[string]*record.InstanceRecord{},
		last:     map[string]uint64{},
		segments: map[string][]byte{},
		stale:    map[string]*record.InstanceRecord{},
		names:    names,
		changed:  make(chan struct{}),
	}
}

// set plays the engine; a nil value leaves a tombstone.
func (h *fakeHub) set(id string, v *record.InstanceRecord) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.store(id, v)
}

func (h *fakeHub) store(id string, v *record.InstanceRecord) {
	h.revision++
	h.values[id], h.last[id] = v, h.revision
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *fakeHub) messages() []hub.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.posted)
}

func (h *fakeHub) Load(ctx context.Context, id string) (*record.InstanceRecord, uint64, error) {
	h.mu.Lock()
	v, isStale := h.stale[id]
	h.mu.Unlock()
	if isStale {
		return v, 0, nil
	}
	return h.LoadLatest(ctx, id)
}

func (h *fakeHub) LoadLatest(ctx context.Context, id string) (*record.InstanceRecord, uint64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.unreachable > 0 {
		h.unreachable--
		return nil, 0, fmt.Errorf("load: %w", hub.ErrUnreachable)
	}
	if h.silent > 0 {
		h.silent--
		return nil, 0, fmt.Errorf("load: %w", context.DeadlineExceeded)
	}
	return h.values[id], h.last[id], ctx.Err()
}

func (h *fakeHub) ReadSegments(_ context.Context, _ string, keys []string) ([][]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all [][]byte
	for _, key := range keys {
		segment, ok := h.segments[key]
		if !ok {
			return nil, hub.ErrNotFound
		}
		all = append(all, segment)
	}
	return all, nil
}

func (h *fakeHub) Post(_ context.Context, m hub.Message) (uint64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.posted = append(h.posted, m)
	return uint64(len(h.posted)), nil
}

func (h *fakeHub) Start(ctx context.Context, m hub.Message, claim *record.InstanceRecord) (uint64, error) {
	number, err := h.Post(ctx, m)
	if err != nil {
		return 0, err
	}
	if h.beforeClaim != nil {
		h.beforeClaim(m)
	}
	return number, h.Claim(ctx, m.Instance, claim, m.Replaces)
}

func (h *fakeHub) Claim(_ context.Context, id string, claim *record.InstanceRecord, replaces uint64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last[id] != replaces {
		return hub.ErrConflict
	}
	h.store(id, claim)
	return nil
}

func (h *fakeHub) Watch(ctx context.Context, _ string) (<-chan struct{}, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.unreachable > 0 {
		h.unreachable--
		return nil, fmt.Errorf("watch: %w", hub.ErrUnreachable)
	}
	if h.deaf != nil {
		return nil, h.deaf
	}
	tokens := make(chan struct{})
	go func() {
		defer close(tokens)
		for {
			h.mu.Lock()
			changed := h.changed
			h.mu.Unlock()
			select {
			case tokens <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return tokens, nil
}

func (h *fakeHub) WatchAll(ctx context.Context) (<-chan struct{}, error) { return h.Watch(ctx, "") }

func (h *fakeHub) Scan(_ context.Context, cursor uint64, visit func(history.Summary) bool) error {
	h.scans.Add(1)
	for _, s := range h.summaries() {
		if s.Revision < cursor {
			continue
		}
		h.visited.Add(1)
		if !visit(s) {
			break
		}
	}
	return nil
}

func (h *fakeHub) summaries() []history.Summary {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []history.Summary
	for id, v := range h.values {
		if v != nil {
			all = append(all, history.Summary{
				Instance: id, Name: v.Name, Status: v.Status, Tags: v.Tags,
				Created: v.Created, Updated: v.Updated, Revision: h.last[id],
			})
		}
	}
	slices.SortFunc(all, func(a, b history.Summary) int { return cmp.Compare(a.Revision, b.Revision) })
	return all
}

func (h *fakeHub) Settled(context.Context, string, uint64) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unsettled--
	return h.unsettled < 0, nil
}

func (h *fakeHub) Purge(_ context.Context, id string, revision uint64) error {
	if h.beforePurge != nil {
		h.beforePurge()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last[id] != revision {
		return hub.ErrConflict
	}
	h.store(id, nil)
	return nil
}

func (h *fakeHub) RegisteredActivities(context.Context) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	return h.activities, h.forgetful
}

func (h *fakeHub) Registered(context.Context) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	return h.names, nil
}

func (h *fakeHub) Identity() string { return h.identity }

func (h *fakeHub) MaxValue() int { return 1 << 20 }

func (h *fakeHub) MaxPayload() int { return 64 }

func (h *fakeHub) Now(context.Context) time.Time { return time.Now() }

func (h *fakeHub) After(_ context.Context, d time.Duration) time.Time { return time.Now().Add(d) }

func (h *fakeHub) Ask(ctx context.Context, m hub.Message) (uint64, <-chan history.Outcome, error) {
	number, err := h.Post(ctx, m)
	return number, h.outcomes, err
}

func (h *fakeHub) Retention(context.Context) (time.Duration, error) { return h.retention, nil }

func (h *fakeHub) SetRetention(_ context.Context, d time.Duration) error {
	h.retention = d
	return nil
}

func (h *fakeHub) KeepsIDs(context.Context) (bool, error) { return h.keepsIDs, nil }

func (h *fakeHub) SetKeepsIDs(_ context.Context, keeps bool) error {
	h.keepsIDs = keeps
	return nil
}
