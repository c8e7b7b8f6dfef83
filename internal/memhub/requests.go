package memhub

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Start stores the message, then the claim; see client.Hub. A start that loses
// leaves its message behind, for the engine to drop.
func (m *Hub) Start(ctx context.Context, msg hub.Message, claim *record.InstanceRecord) (uint64, error) {
	number, err := m.Post(ctx, msg)
	if err != nil {
		return 0, err
	}
	return number, m.Claim(ctx, msg.Instance, claim, msg.Replaces)
}

// Claim stores the claim; see hub.Requests. The sealed history of the ended instance that
// the claim replaces goes with it.
func (m *Hub) Claim(ctx context.Context, instance string, claim *record.InstanceRecord, replaces uint64) error {
	if _, err := m.Commit(ctx, instance, claim, replaces); err != nil || replaces == 0 {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropSegmentsOf(instance)
	return nil
}

// Settled looks for messages of the instance up to that number.
func (m *Hub) Settled(ctx context.Context, instance string, watermark uint64) (bool, error) {
	if err := m.lock(ctx); err != nil {
		return false, err
	}
	defer m.mu.Unlock()
	return !slices.ContainsFunc(m.partitions[m.partitionOf(instance)].queue, func(e *entry) bool {
		return !e.acked && e.message.Instance == instance && e.seq <= watermark
	}), nil
}

// Scan visits the instances there are when it is called; see client.Hub.
func (m *Hub) Scan(ctx context.Context, cursor uint64, visit func(history.Summary) bool) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	var found []history.Summary
	for _, r := range m.instances {
		if r.stored != nil && r.revision >= cursor && r.summary.Status.IsInstance() {
			s := r.summary
			s.Tags = maps.Clone(s.Tags)
			found = append(found, s)
		}
	}
	m.mu.Unlock()
	slices.SortFunc(found, func(a, b history.Summary) int { return cmp.Compare(a.Revision, b.Revision) })
	for _, s := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !visit(s) {
			return nil
		}
	}
	return nil
}

// Purge removes all that is stored of the instance and leaves a tombstone for an hour,
// for ever while a start waits whose claim may have been refused; see client.Hub.
func (m *Hub) Purge(ctx context.Context, instance string, revision uint64) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	if err := m.expect(instance, revision); err != nil {
		return err
	}
	until := m.now().Add(TombstoneTTL)
	if m.awaitsStart(instance) {
		until = time.Time{}
	}
	m.write(instance, &held{until: until})
	m.dropSegmentsOf(instance)
	m.dropTimersOf(instance)
	return nil
}

// awaitsStart reports whether a start of the instance is stored that came with a claim.
func (m *Hub) awaitsStart(instance string) bool {
	return slices.ContainsFunc(m.partitions[m.partitionOf(instance)].queue, func(e *entry) bool {
		start := e.message
		return !e.acked && start.Instance == instance && start.Verb == hub.VerbStart && start.Execution != "" && start.Parent == nil
	})
}

// Register adds the names to those that [Hub.Registered] returns.
func (m *Hub) Register(ctx context.Context, names []string) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, name := range names {
		m.registered[name] = true
	}
	return nil
}

// RegisterActivities adds the names to those that [Hub.RegisteredActivities] returns.
func (m *Hub) RegisterActivities(ctx context.Context, names []string) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, name := range names {
		m.activities[name] = true
	}
	return nil
}

// RegisteredActivities returns the registered names of activities, sorted.
func (m *Hub) RegisteredActivities(ctx context.Context) ([]string, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.activities)), nil
}

// Registered returns the registered names, sorted.
func (m *Hub) Registered(ctx context.Context) ([]string, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.registered)), nil
}

// MaxPayload is the configured size, or a quarter of the one of [Hub.Shrink].
func (m *Hub) MaxPayload() int { return int(m.maxPayload.Load()) }

// Retention is for how long ended instances are kept.
func (m *Hub) Retention(ctx context.Context) (time.Duration, error) {
	if err := m.lock(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	return m.retention, nil
}

// SetRetention sets for how long ended instances are kept.
func (m *Hub) SetRetention(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("retention %v is negative", d)
	}
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	m.retention = d
	return nil
}

// KeepsIDs reports whether the id of an instance is used for no other one.
func (m *Hub) KeepsIDs(ctx context.Context) (bool, error) {
	if err := m.lock(ctx); err != nil {
		return false, err
	}
	defer m.mu.Unlock()
	return m.keepsIDs, nil
}

// SetKeepsIDs sets it.
func (m *Hub) SetKeepsIDs(ctx context.Context, keeps bool) error {
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	m.keepsIDs = keeps
	return nil
}
