package client

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/retry"
)

// attempts are the attempts to launch one instance. Each has an execution of its own, so that
// the engine can tell the message that has won from those that have lost.
type attempts struct {
	*launch
	executions []string
	// lost counts the instances that had the id first; rival is the execution of the last
	// one. An attempt also fails if an event is kept for the id meanwhile: that is no rival.
	lost   int
	rival  string
	pauses retry.Pauses
}

// pause pauses before the third attempt and later ones. The first attempt is made without a
// look, so the second often succeeds at once.
func (a *attempts) pause(ctx context.Context) error {
	if len(a.executions) < 2 {
		return nil
	}
	return a.pauses.Wait(ctx)
}

// next returns the execution of another attempt.
func (a *attempts) next() string {
	execution := rand.Text()
	a.executions = append(a.executions, execution)
	return execution
}

// judge looks at the record that has the id after an attempt failed. It returns true if the
// instance is that of an earlier attempt, and an error if the record may not be replaced.
func (a *attempts) judge(v *record.InstanceRecord) (bool, error) {
	if v == nil || !v.Status.IsInstance() {
		return false, nil
	}
	if slices.ContainsFunc(a.executions, func(e string) bool { return record.IsRunOf(e, v.Execution) }) {
		return true, nil
	}
	if v.Execution != a.rival {
		a.rival = v.Execution
		a.lost++
	}
	if err := a.once.check(v); err != nil {
		return false, fmt.Errorf("%w: %q", err, a.id)
	}
	if a.reuse == NeverReuse || isLive(v) && a.reuse != TerminateLive {
		return false, fmt.Errorf("%w: %q is %s", ErrInstanceExists, a.id, v.Status)
	}
	return false, nil
}
