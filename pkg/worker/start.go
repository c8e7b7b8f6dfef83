package worker

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// running is a worker that [Start] has started. The zero running is one that it has not.
type running struct {
	stop context.CancelFunc
	// done is closed when the worker has stopped, after err was set.
	done chan struct{}
	err  error
}

// Start starts a worker and returns when the hub knows the orchestrators and activities of
// the registry: an instance can be started at once. The worker works until [Worker.Stop] is
// called or ctx ends. It returns the errors of [New] and of [Worker.Prepare].
func Start(ctx context.Context, h Hub, registry *orchestration.Registry, config Config) (*Worker, error) {
	w, err := New(h, registry, config)
	if err != nil {
		return nil, err
	}
	if err := w.Prepare(ctx); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	w.running = running{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(w.running.done)
		defer stop()
		w.running.err = w.work(ctx)
	}()
	return w, nil
}

// Stop stops a worker that [Start] has started and returns when turns and activities that
// run have finished, which takes [Config].DrainTimeout at most. It returns an error wrapping
// [ErrHubLost] if the worker had ended before, because the hub was removed. If ctx ends
// first Stop returns its error, and the worker goes on stopping. Stop can be called again. It
// does nothing to a worker that Start has not started: that one ends with the context of
// [Worker.Run].
func (w *Worker) Stop(ctx context.Context) error {
	if w.running.stop == nil {
		return nil
	}
	w.running.stop()
	select {
	case <-w.running.done:
		return w.running.err
	case <-ctx.Done():
		return fmt.Errorf("worker: stop: %w", context.Cause(ctx))
	}
}

// Done returns a channel that is closed when a worker that [Start] has started has
// stopped. [Worker.Stop] then tells why.
func (w *Worker) Done() <-chan struct{} { return w.running.done }
