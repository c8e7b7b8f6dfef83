package work

import (
	"context"
	"errors"
	"sync"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
)

// progress keeps the heartbeat details of an activity for a later run or attempt. If details
// come faster than the hub stores them, the last count.
type progress struct {
	desk
	ctx      context.Context //nolint:containedctx // lives exactly as long as the run
	instance string
	key      string
	// before are the last details of an earlier run or attempt.
	before []byte

	mu      sync.Mutex
	next    []byte
	kept    bool
	busy    bool
	ended   bool
	storing sync.WaitGroup
}

// progress reads the details of earlier runs, if there may have been any: this is not
// the first delivery, not the first attempt, or the instance was rewound.
func (w *Activities) progress(ctx context.Context, a hub.ActivityDelivery) *progress {
	p := &progress{desk: w.desk, ctx: ctx, instance: a.Instance, key: record.HeartbeatKey(a.Execution, a.FirstTask())}
	if a.Attempt <= 1 && a.Call.Attempt <= 1 && record.ParseExecutionID(a.Execution, 0).Rewinds == 0 {
		return p
	}
	stored, err := w.hub.ReadSegments(ctx, a.Instance, []string{p.key})
	switch {
	case err == nil:
		p.before, p.kept = stored[0], true
	case !errors.Is(err, hub.ErrNotFound):
		w.monitor.Warn(ctx, "the progress of an earlier run could not be read; the activity begins anew", err)
	}
	return p
}

// tell takes details to be stored, and does not wait until they are. Details of a run that
// has ended are dropped.
func (p *progress) tell(details []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.next, p.kept = details, true
	if !p.busy {
		p.busy = true
		p.storing.Go(p.store)
	}
}

func (p *progress) store() {
	for {
		p.mu.Lock()
		details := p.next
		p.next = nil
		p.busy = details != nil
		p.mu.Unlock()
		if details == nil {
			return
		}
		if err := p.hub.WriteSegment(p.ctx, p.instance, p.key, details); err != nil {
			p.monitor.Log.Debug("progress of an activity was not stored", monitor.KeyInstance, p.instance, monitor.KeyError, err)
		}
	}
}

// end returns when the details are stored: a later attempt may read them at once.
func (p *progress) end() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.storing.Wait()
}

// drop removes the details of an activity that has succeeded.
func (p *progress) drop() {
	if !p.kept {
		return
	}
	if err := p.hub.DropSegments(p.ctx, p.instance, []string{p.key}); err != nil {
		p.monitor.Log.Debug("progress of an activity that has ended was not removed", monitor.KeyInstance, p.instance, monitor.KeyError, err)
	}
}
