package monitor

import (
	"log/slog"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/retry"
)

// Health knows whether this worker can work: whether the hub stores its writes.
// Every renewal of its leases shows that. Where it changes, and where the reason does, it
// says so once.
type Health struct {
	log *slog.Logger

	mu sync.Mutex
	// err is why the worker cannot work, nil while it can.
	err   error
	since time.Time
	// failed is set by a first failure, which may be a passing one.
	failed bool
}

// Report takes in how a renewal went.
func (h *Health) Report(err error) {
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
		h.log.Error("the worker cannot work", KeyError, err)
		if h.err == nil {
			h.since = time.Now()
		}
		h.err = err
	}
}

// Current returns why this worker cannot work at present, nil if it can. It is never older
// than two renewals of a lease.
func (h *Health) Current() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}
