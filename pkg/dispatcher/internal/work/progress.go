package work

import (
	"context"
	"errors"
	"sync"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
)

// progress keeps what an activity says of how far it has come, for a later run or
// attempt. Of what is said faster than the hub stores it, the last counts.
type progress struct {
	desk
	ctx      context.Context //nolint:containedctx // lives exactly as long as the run
	instance string
	key      string
	// before is what an earlier run or attempt has said last.
	before []byte

	mu      sync.Mutex
	next    []byte
	kept    bool
	busy    bool
	ended   bool
	storing sync.WaitGroup
}

// progress reads what earlier runs have said, if there may have been any: this is not
// the first delivery, not the first attempt, or the instance was rewound.
func (w *Activities) progress(ctx context.Context, a hub.ActivityDelivery) *progress {
	p := &progress{desk: w.desk, ctx: ctx, instance: a.Instance, key: record.HeartbeatKey(a.Execution, a.FirstTask())}
	if a.Attempt <= 1 && a.Call.Attempt <= 1 && record.Rewinds(a.Execution) == 0 {
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

// tell takes details to be stored, and does not wait for it. What an activity says
// that was left behind is not heard.
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

// end returns when what was told is stored: a later attempt may ask for it at once.
func (p *progress) end() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.storing.Wait()
}

// drop removes what was told, of an activity that has succeeded.
func (p *progress) drop() {
	if !p.kept {
		return
	}
	if err := p.hub.DropSegments(p.ctx, p.instance, []string{p.key}); err != nil {
		p.monitor.Log.Debug("progress of an activity that has ended was not removed", monitor.KeyInstance, p.instance, monitor.KeyError, err)
	}
}
