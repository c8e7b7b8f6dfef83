package hubfaults

import (
	"context"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Load is the hub's, counted.
func (f *Hub) Load(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	return f.load(ctx, "Load", instance, f.hub.Load)
}

// LoadLatest is the hub's, counted.
func (f *Hub) LoadLatest(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	return f.load(ctx, "LoadLatest", instance, f.hub.LoadLatest)
}

// Commit is the hub's, counted.
func (f *Hub) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	return counted(f, "Commit", func() (uint64, error) { return f.hub.Commit(ctx, instance, v, expected) })
}

// WriteSegment is the hub's, counted.
func (f *Hub) WriteSegment(ctx context.Context, instance, key string, data []byte) error {
	return countedError(f, "WriteSegment", func() error { return f.hub.WriteSegment(ctx, instance, key, data) })
}

// ReadSegments is the hub's, counted.
func (f *Hub) ReadSegments(ctx context.Context, instance string, keys []string) ([][]byte, error) {
	return counted(f, "ReadSegments", func() ([][]byte, error) { return f.hub.ReadSegments(ctx, instance, keys) })
}

// DropSegments is the hub's, counted.
func (f *Hub) DropSegments(ctx context.Context, instance string, keys []string) error {
	return countedError(f, "DropSegments", func() error { return f.hub.DropSegments(ctx, instance, keys) })
}

// Send is the hub's, counted as one call.
func (f *Hub) Send(ctx context.Context, commands []hub.Command) error {
	return countedError(f, "Send", func() error { return f.hub.Send(ctx, commands) })
}

// Post is the hub's, counted.
func (f *Hub) Post(ctx context.Context, m hub.Message) (uint64, error) {
	return counted(f, "Post", func() (uint64, error) { return f.hub.Post(ctx, m) })
}

// KeepsIDs is the hub's, until the worker is killed.
func (f *Hub) KeepsIDs(ctx context.Context) (bool, error) {
	return uncounted(f, func() (bool, error) { return f.hub.KeepsIDs(ctx) })
}

// Reply is the hub's, until the worker is killed.
func (f *Hub) Reply(ctx context.Context, receipt string, o history.Outcome) error {
	_, err := uncounted(f, func() (struct{}, error) { return struct{}{}, f.hub.Reply(ctx, receipt, o) })
	return err
}

// QueueLength is the hub's, until the worker is killed.
func (f *Hub) QueueLength(ctx context.Context, queue string) (int, error) {
	return uncounted(f, func() (int, error) { return f.hub.QueueLength(ctx, queue) })
}

// Acquire is the hub's, until the worker is killed.
func (f *Hub) Acquire(ctx context.Context, lease, holder string) (uint64, error) {
	return uncounted(f, func() (uint64, error) { return f.hub.Acquire(ctx, lease, holder) })
}

// Renew is the hub's, until the worker is killed.
func (f *Hub) Renew(ctx context.Context, lease, holder string, revision uint64) (uint64, error) {
	return uncounted(f, func() (uint64, error) { return f.hub.Renew(ctx, lease, holder, revision) })
}

// Release is the hub's, until the worker is killed.
func (f *Hub) Release(ctx context.Context, lease string, revision uint64) error {
	_, err := uncounted(f, func() (struct{}, error) { return struct{}{}, f.hub.Release(ctx, lease, revision) })
	return err
}

// WatchLeases is the hub's; a dead worker sees no changes.
func (f *Hub) WatchLeases(ctx context.Context) (<-chan map[string]string, error) {
	states, err := uncounted(f, func() (<-chan map[string]string, error) { return f.hub.WatchLeases(ctx) })
	if err != nil {
		return nil, err
	}
	seen := make(chan map[string]string)
	f.owned.Go(func() {
		defer close(seen)
		f.forward(ctx, states, seen)
	})
	return seen, nil
}

// forward passes on the newest state that the reader has not seen, until ctx ends
// or states does.
func (f *Hub) forward(ctx context.Context, states <-chan map[string]string, seen chan<- map[string]string) {
	var newest map[string]string
	var out chan<- map[string]string
	for {
		select {
		case state, ok := <-states:
			if !ok {
				return
			}
			newest, out = state, seen
		case out <- newest:
			out = nil
		case <-f.killed:
			<-ctx.Done()
			return
		}
	}
}
