package worker_test

import (
	"context"
	"sync"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// freezer makes a worker's hub stand still, as if its process were stopped. What
// the worker was about to store it stores when it goes on, and does not know that
// others have taken over meanwhile.
type freezer struct {
	worker.Hub

	mu   sync.Mutex
	thaw chan struct{} // nil unless frozen
}

func (f *freezer) freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.thaw == nil {
		f.thaw = make(chan struct{})
	}
}

func (f *freezer) goOn() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.thaw != nil {
		close(f.thaw)
		f.thaw = nil
	}
}

func (f *freezer) frozen() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.thaw != nil
}

func (f *freezer) pass() {
	f.mu.Lock()
	thaw := f.thaw
	f.mu.Unlock()
	if thaw != nil {
		<-thaw
	}
}

func (f *freezer) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	f.pass()
	return f.Hub.Commit(ctx, instance, v, expected)
}

func (f *freezer) Send(ctx context.Context, commands []hub.Command) error {
	f.pass()
	return f.Hub.Send(ctx, commands)
}

func (f *freezer) Renew(ctx context.Context, lease, holder string, revision uint64) (uint64, error) {
	f.pass()
	return f.Hub.Renew(ctx, lease, holder, revision)
}
