package work

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/mark"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// WorkerLost is the type of the failure of an activity whose runs do not come back.
const WorkerLost = "WorkerLost"

// aloneFor is how long a run under suspicion runs before another such run may begin in
// this process. Code that ends its process mostly does so soon.
const aloneFor = 10 * time.Second

// performAgain runs an activity that was handed out before. Nobody may want it any more;
// or its worker has died of it, and this one would be the next.
func (w *Activities) performAgain(ctx context.Context, a hub.ActivityDelivery) {
	lost, wanted, err := w.lostRuns(ctx, a)
	switch {
	case err != nil:
		w.monitor.Warn(ctx, "cannot find out whether an activity is to run again; it waits", err)
		w.release(a, retry.DefaultLongest)
	case !wanted:
		w.monitor.Log.Info("activity is not run again: its instance was terminated, replaced or purged", monitor.KeyInstance, a.Instance, monitor.KeyActivity, a.Name)
		w.remove(a)
		w.marks.Remove(ctx, a.Instance, record.ActivityMark(a.Execution, a.Task))
	case lost >= w.limits.LostRuns:
		w.giveUpOn(ctx, a, lost)
	case lost > 1:
		w.performAlone(ctx, a, lost)
	default:
		w.performMarked(ctx, a, lost)
	}
}

// performAlone runs an activity while no other that is under the same suspicion runs in
// this process, so that the end of the process speaks against one only. Where another
// runs it is given back, maybe to another worker.
func (w *Activities) performAlone(ctx context.Context, a hub.ActivityDelivery, lost int) {
	if !w.alone.TryLock() {
		w.release(a, time.Second)
		return
	}
	unlock := sync.OnceFunc(w.alone.Unlock)
	defer unlock()
	defer time.AfterFunc(aloneFor, unlock).Stop()
	w.performMarked(ctx, a, lost)
}

// lostRuns returns how many runs of the activity have not come back, and whether it is
// wanted still. Where there is no mark, the run before this one was the first and is
// taken to be lost, if there was one.
func (w *Activities) lostRuns(ctx context.Context, a hub.ActivityDelivery) (lost int, wanted bool, err error) {
	v, _, err := w.hub.LoadLatest(ctx, a.Instance)
	switch {
	case errors.Is(err, record.ErrCorrupt), errors.Is(err, record.ErrNewerVersion):
		// An instance that cannot be read may want it.
	case err != nil:
		return 0, false, err
	case v.NeedsNoMore(a.Execution):
		return 0, false, nil
	}
	noted, err := w.marks.Read(ctx, a.Instance, record.ActivityMark(a.Execution, a.Task))
	if errors.Is(err, hub.ErrNotFound) {
		return min(1, a.Attempt-1), true, nil
	}
	return noted.Runs, true, err
}

// performMarked runs an activity under a mark that counts this run as lost, unless it comes
// back.
func (w *Activities) performMarked(ctx context.Context, a hub.ActivityDelivery, lost int) {
	if err := w.marks.Write(ctx, a.Instance, record.ActivityMark(a.Execution, a.Task), record.Mark{Runs: lost + 1}); err != nil {
		w.monitor.Warn(ctx, "cannot note that an activity runs again; it waits", err)
		w.release(a, retry.DefaultLongest)
		return
	}
	if w.performOnce(ctx, a) {
		w.marks.Remove(ctx, a.Instance, record.ActivityMark(a.Execution, a.Task))
		return
	}
	w.excuse(ctx, a, lost)
}

// excuse gives back an activity whose run was cut off in order: that run is not lost.
func (w *Activities) excuse(ctx context.Context, a hub.ActivityDelivery, lost int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mark.Timeout)
	defer cancel()
	if err := w.marks.Write(ctx, a.Instance, record.ActivityMark(a.Execution, a.Task), record.Mark{Runs: lost}); err != nil {
		w.monitor.Log.Debug("did not note that an activity was given back", monitor.KeyInstance, a.Instance, monitor.KeyActivity, a.Name, monitor.KeyError, err)
	}
	w.release(a, 0)
}

// giveUpOn fails an activity that is not run any more.
func (w *Activities) giveUpOn(ctx context.Context, a hub.ActivityDelivery, lost int) {
	failure := &history.Failure{
		Type:         WorkerLost,
		Message:      fmt.Sprintf("activity %q is not run again: its worker was lost while it ran, %d times in a row", a.Name, lost),
		NonRetryable: true,
	}
	w.monitor.Log.Error("activity has failed: it seems to end its worker", monitor.KeyInstance, a.Instance, monitor.KeyActivity, a.Name, "lost", lost)
	if !w.report(ctx, a, nil, failure) {
		w.release(a, 0)
		return
	}
	w.marks.Remove(ctx, a.Instance, record.ActivityMark(a.Execution, a.Task))
}
