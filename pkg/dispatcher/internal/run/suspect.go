package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
)

// mostLostTurns is how many workers of one build an instance may cost before its code is
// not run by that build any more.
const mostLostTurns = 3

// ErrOver ends a turn that had to wait until the partition was given up.
var ErrOver = errors.New("the partition is given up")

// endsWorkerError says why the code of an instance is not run any more.
type endsWorkerError struct {
	orchestrator string
	lost         int
}

func (e *endsWorkerError) Error() string {
	return fmt.Sprintf("the code of orchestrator %q seems to end its worker: it was lost %d times in a row while it ran that code. "+
		"Another build of the worker runs it again, and so does this one when the instance is resumed", e.orchestrator, e.lost)
}

// isSuspect reports whether the code is about to be run for what an earlier owner of the
// partition was at work on when it ended, or of an instance that is blocked, maybe for
// that reason.
func isSuspect(e *episode, batch []hub.Delivery) bool {
	suspicious := batch[0].Again || e.exists && e.value.Blocked != ""
	return suspicious && firstNew(e, batch) > 0
}

// firstNew returns the number of the first message that the instance has not taken in.
func firstNew(e *episode, batch []hub.Delivery) uint64 {
	for _, m := range batch {
		if !e.exists || m.Seq > e.value.Watermark {
			return m.Seq
		}
	}
	return 0
}

// upToFirstNew returns how many messages a turn takes that has lost a worker: those up to the
// first new one. Such a turn is short, so a worker that is killed from outside is
// seldom at it: who has much to do is not blamed for that.
func upToFirstNew(e *episode, batch []hub.Delivery) int {
	first := firstNew(e, batch)
	return 1 + slices.IndexFunc(batch, func(m hub.Delivery) bool { return m.Seq == first })
}

// suspectTurn is the rest of a turn that an earlier worker may have died of. It is noted
// durably before its code runs, and the note is removed when the turn comes back; so what
// is found noted did not come back. An instance that has cost too many workers is held
// back: a terminate in line ends it, and nothing else is taken in.
func (r *Runner) suspectTurn(ctx context.Context, e *episode, partition int, batch []hub.Delivery, over <-chan struct{}) (int, error) {
	mark, err := r.marks.Read(ctx, e.instance, record.InstanceMark)
	switch {
	case errors.Is(err, hub.ErrNotFound) && !batch[0].Again:
		return r.goOn(ctx, e, partition, batch, r.executor) // blocked for another reason
	case err != nil && !errors.Is(err, hub.ErrNotFound):
		e.close()
		return 0, fmt.Errorf("load the mark of instance %q: %w", e.instance, err)
	}
	mark = resumed(mark, batch).For(firstNew(e, batch))
	if lost := mark.Builds[r.build()]; lost >= mostLostTurns {
		e.close()
		return r.refuse(ctx, e, partition, batch, lost)
	}
	if mark.Runs > 0 {
		batch = batch[:upToFirstNew(e, batch)]
	}
	leave := r.gate.enter(mark.Runs, over)
	if leave == nil {
		e.close()
		return 0, ErrOver
	}
	defer leave()
	if err := r.marks.Write(ctx, e.instance, record.InstanceMark, mark.Run(r.build())); err != nil {
		e.close()
		return 0, fmt.Errorf("mark instance %q: %w", e.instance, err)
	}
	defer r.marks.Remove(ctx, e.instance, record.InstanceMark)
	return r.goOn(ctx, e, partition, batch, r.executor)
}

// refuse is the rest of a turn whose code is not run.
func (r *Runner) refuse(ctx context.Context, e *episode, partition int, batch []hub.Delivery, lost int) (int, error) {
	name := e.value.Name
	if !e.exists {
		name = batch[0].Arg
	}
	n, err := r.goOn(ctx, e, partition, batch, refusing{r.executor, &endsWorkerError{name, lost}})
	if err == nil {
		r.marks.Remove(ctx, e.instance, record.InstanceMark) // it was ended, or replaced
	}
	return n, err
}

// refusing is an executor that runs no orchestrators.
type refusing struct {
	Executor
	err error
}

// Begin refuses.
func (r refusing) Begin(replay.Execution, []record.Event) (Orchestrator, error) { return nil, r.err }

// resumed returns the mark after what the messages ask for: each request to resume lets
// the code be run again, until it has cost as many workers once more.
func resumed(mark record.Mark, batch []hub.Delivery) record.Mark {
	for i := len(batch) - 1; i >= 0; i-- {
		if m := batch[i]; m.Verb == hub.VerbResume && m.Seq > mark.Resumed {
			return record.Mark{Resumed: m.Seq}
		}
	}
	return mark
}
