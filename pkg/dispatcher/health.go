package dispatcher

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/retry"
)

// health knows whether this worker can work: whether the hub stores what the worker writes.
// Every renewal of its leases shows that. Where it changes, and where the reason does, it
// says so once.
type health struct {
	log *slog.Logger

	mu sync.Mutex
	// err is why the worker cannot work, nil while it can.
	err   error
	since time.Time
	// failed is set by a first failure, which may be a passing one.
	failed bool
}

// report takes in how a renewal went.
func (h *health) report(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	failed := h.failed
	h.failed = err != nil
	switch {
	case err == nil && h.err != nil:
		h.log.Info("the worker works again", "after", time.Since(h.since).Round(time.Millisecond))
		h.err = nil
	case err == nil, !failed:
	case h.err == nil || retry.Cause(err) != retry.Cause(h.err):
		h.log.Error("the worker cannot work", keyError, err)
		if h.err == nil {
			h.since = time.Now()
		}
		h.err = err
	}
}

func (h *health) current() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// Health returns why this worker cannot work at present, nil if it can. It is never older
// than two renewals of a lease.
func (d *Dispatcher) Health() error { return d.health.current() }

// complain logs that something failed which is tried again. While the connection is
// interrupted it does not: the connection and the worker's health tell of that.
func (d *Dispatcher) complain(message string, err error, attributes ...any) {
	level := slog.LevelWarn
	if d.isInterrupted() || !d.complaints.IsNew(message, err) {
		level = slog.LevelDebug
	}
	d.log.Log(context.Background(), level, message, append(attributes, keyError, err)...)
	d.doubt()
}

// doubt has the hub looked after: it may be gone.
func (d *Dispatcher) doubt() {
	select {
	case d.doubts <- struct{}{}:
	default:
	}
}

const (
	// checkInterval is the shortest time between two looks at whether the hub is there.
	checkInterval = 2 * time.Second
	// checkLeases is how many times a lease lasts until it is looked at without a doubt.
	checkLeases = 6
)

// guard looks after the hub, now and then and when there is a doubt, until ctx ends. It returns an error when
// the hub was found lost twice: a cluster that is just starting may not know all it has.
func (d *Dispatcher) guard(ctx context.Context) error {
	tick := time.NewTicker(checkLeases * d.hub.LeaseTTL())
	defer tick.Stop()
	found := 0
	for {
		select {
		case <-d.doubts:
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		asking, cancel := context.WithTimeout(ctx, d.hub.LeaseTTL())
		err := d.hub.Check(asking)
		cancel()
		if !errors.Is(err, hub.ErrHubLost) {
			found = 0
		} else if found++; found > 1 {
			return err
		} else {
			d.doubt()
		}
		select {
		case <-time.After(checkInterval):
		case <-ctx.Done():
			return nil
		}
	}
}
