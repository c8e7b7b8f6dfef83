package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// WorkerLost is the type of the failure of an activity whose runs do not come back.
const WorkerLost = "WorkerLost"

// aloneFor is how long a run under suspicion runs before another such run may begin in
// this process. What ends its process mostly does so soon.
const aloneFor = 10 * time.Second

// performAgain runs an activity that was handed out before. Nobody may want it any more;
// or its worker has died of it, and this one would be the next.
func (d *Dispatcher) performAgain(a hub.ActivityDelivery) {
	lost, wanted, err := d.lostRuns(a)
	switch {
	case err != nil:
		d.warn(d.work, "it could not be found out whether an activity is to run again; it waits", err)
		d.release(a, retry.DefaultLongest)
	case !wanted:
		d.log.Info("activity is not run again: its instance was terminated, replaced or purged", keyInstance, a.Instance, keyActivity, a.Name)
		d.remove(a)
		d.unmark(a.Instance, record.ActivityMark(a.Execution, a.Task))
	case lost >= d.config.MaxLostRuns:
		d.giveUpOn(a, lost)
	case lost > 1:
		d.performAlone(a, lost)
	default:
		d.performMarked(a, lost)
	}
}

// performAlone runs an activity while no other that is under the same suspicion runs in
// this process, so that the end of the process speaks against one only. Where another
// runs it is given back, maybe to another worker.
func (d *Dispatcher) performAlone(a hub.ActivityDelivery, lost int) {
	if !d.alone.TryLock() {
		d.release(a, time.Second)
		return
	}
	unlock := sync.OnceFunc(d.alone.Unlock)
	defer unlock()
	defer time.AfterFunc(aloneFor, unlock).Stop()
	d.performMarked(a, lost)
}

// lostRuns returns how many runs of the activity have not come back, and whether it is
// wanted still. Where there is no mark, the run before this one was the first and is
// taken to be lost, if there was one.
func (d *Dispatcher) lostRuns(a hub.ActivityDelivery) (lost int, wanted bool, err error) {
	v, _, err := d.hub.LoadLatest(d.work, a.Instance)
	switch {
	case errors.Is(err, record.ErrCorrupt), errors.Is(err, record.ErrNewerVersion):
		// What cannot be read may want it.
	case err != nil:
		return 0, false, err
	case v.NeedsNoMore(a.Execution):
		return 0, false, nil
	}
	mark, err := d.readMark(a.Instance, record.ActivityMark(a.Execution, a.Task))
	if errors.Is(err, hub.ErrNotFound) {
		return min(1, a.Attempt-1), true, nil
	}
	return mark.Runs, true, err
}

// performMarked runs an activity under a mark that says what it means if this run does
// not come back.
func (d *Dispatcher) performMarked(a hub.ActivityDelivery, lost int) {
	if err := d.mark(d.work, a.Instance, record.ActivityMark(a.Execution, a.Task), record.Mark{Runs: lost + 1}); err != nil {
		d.warn(d.work, "it could not be noted that an activity runs again; it waits", err)
		d.release(a, retry.DefaultLongest)
		return
	}
	if d.performOnce(a) {
		d.unmark(a.Instance, record.ActivityMark(a.Execution, a.Task))
		return
	}
	d.excuse(a, lost)
}

// excuse gives back an activity whose run was cut off in order: that run is not lost.
func (d *Dispatcher) excuse(a hub.ActivityDelivery, lost int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.work), cutPatience/2)
	defer cancel()
	if err := d.mark(ctx, a.Instance, record.ActivityMark(a.Execution, a.Task), record.Mark{Runs: lost}); err != nil {
		d.log.Debug("it could not be noted that an activity was given back", keyInstance, a.Instance, keyActivity, a.Name, keyError, err)
	}
	d.release(a, 0)
}

// giveUpOn fails an activity that is not run any more.
func (d *Dispatcher) giveUpOn(a hub.ActivityDelivery, lost int) {
	failure := &history.Failure{
		Type:         WorkerLost,
		Message:      fmt.Sprintf("activity %q is not run again: its worker was lost while it ran, %d times in a row", a.Name, lost),
		NonRetryable: true,
	}
	d.log.Error("activity has failed: it seems to end its worker", keyInstance, a.Instance, keyActivity, a.Name, "lost", lost)
	if !d.report(a, nil, failure) {
		d.release(a, 0)
		return
	}
	d.unmark(a.Instance, record.ActivityMark(a.Execution, a.Task))
}

func (d *Dispatcher) readMark(instance, key string) (record.Mark, error) {
	stored, err := d.hub.ReadSegments(d.work, instance, []string{key})
	if err != nil {
		return record.Mark{}, err
	}
	return record.DecodeMark(stored[0])
}

func (d *Dispatcher) mark(ctx context.Context, instance, key string, m record.Mark) error {
	return d.hub.WriteSegment(ctx, instance, key, m.Encode())
}

// unmark removes a mark, also while work is cut off. One that stays does little harm: the
// next run that comes back removes it.
func (d *Dispatcher) unmark(instance, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.work), cutPatience/2)
	defer cancel()
	if err := d.hub.DropSegments(ctx, instance, []string{key}); err != nil {
		d.log.Debug("a mark was not removed", keyInstance, instance, keyError, err)
	}
}
