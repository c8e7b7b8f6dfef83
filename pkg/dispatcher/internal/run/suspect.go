package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
)

// mostLostTurns is how many workers of one build an instance may cost under a mark before its
// code is not run by that build any more. The worker that was lost first had no mark: it is
// the fourth loss in a row that ends it.
const mostLostTurns = 3

// endsWorkerError says why the code of an instance is not run any more.
type endsWorkerError struct {
	orchestrator string
	lost         int
}

func (e *endsWorkerError) Error() string {
	return fmt.Sprintf("the code of orchestrator %q seems to end its worker: after a first loss it was lost %d times in a row while it ran that code. "+
		"Another build of the worker runs it again, and so does this one when the instance is resumed", e.orchestrator, e.lost)
}

// isSuspect reports whether the code is about to be run for a message that an earlier owner
// of the partition was at work on when it ended, or of an instance that is blocked, maybe
// for that reason.
func isSuspect(i *turn.Instance, batch []hub.Delivery) bool {
	suspicious := batch[0].Again || i.Exists && i.Record.Blocked != ""
	return suspicious && firstNew(i, batch) > 0
}

// firstNew returns the number of the first message that the instance has not taken in.
func firstNew(i *turn.Instance, batch []hub.Delivery) uint64 {
	for _, m := range batch {
		if !i.Exists || m.Seq > i.Record.Watermark {
			return m.Seq
		}
	}
	return 0
}

// upToFirstNew returns how many messages a turn takes that has lost a worker: those up to the
// first new one. Such a turn is short, so a worker that is killed from outside is
// seldom at it: an instance that has much to do is not blamed for that.
func upToFirstNew(i *turn.Instance, batch []hub.Delivery) int {
	first := firstNew(i, batch)
	return 1 + slices.IndexFunc(batch, func(m hub.Delivery) bool { return m.Seq == first })
}

// suspectTurn is the rest of a turn that an earlier worker may have died of. It is noted
// durably before its code runs, and the note is removed when the turn comes back; so a turn
// that is found noted did not come back. An instance that has cost too many workers is held
// back: a terminate in line ends it, and nothing else is taken in.
func (r *Runner) suspectTurn(ctx context.Context, i *turn.Instance, partition int, batch []hub.Delivery, over <-chan struct{}) (int, error) {
	mark, err := r.marks.Read(ctx, i.ID, record.InstanceMark)
	switch {
	case errors.Is(err, hub.ErrNotFound) && !batch[0].Again:
		return r.goOn(ctx, i, partition, batch, r.executor) // blocked for another reason
	case err != nil && !errors.Is(err, hub.ErrNotFound):
		i.Close()
		return 0, fmt.Errorf("load the mark of instance %q: %w", i.ID, err)
	}
	mark = resumed(mark, batch).For(firstNew(i, batch))
	if lost := mark.Builds[r.build()]; lost >= mostLostTurns {
		i.Close()
		return r.refuse(ctx, i, partition, batch, lost)
	}
	if mark.Runs > 0 {
		batch = batch[:upToFirstNew(i, batch)]
	}
	leave := r.limiter.enter(mark.Runs, over)
	if leave == nil {
		i.Close()
		return 0, ErrOver
	}
	defer leave()
	if err := r.marks.Write(ctx, i.ID, record.InstanceMark, mark.Run(r.build())); err != nil {
		i.Close()
		return 0, fmt.Errorf("mark instance %q: %w", i.ID, err)
	}
	defer r.marks.Remove(ctx, i.ID, record.InstanceMark)
	return r.goOn(ctx, i, partition, batch, r.executor)
}

// refuse is the rest of a turn whose code is not run.
func (r *Runner) refuse(ctx context.Context, i *turn.Instance, partition int, batch []hub.Delivery, lost int) (int, error) {
	name := i.Record.Name
	if !i.Exists {
		name = batch[0].Arg
	}
	n, err := r.goOn(ctx, i, partition, batch, refusing{r.executor, &endsWorkerError{name, lost}})
	if err == nil {
		r.marks.Remove(ctx, i.ID, record.InstanceMark) // it was ended, or replaced
	}
	return n, err
}

// refusing is an executor that runs no orchestrators.
type refusing struct {
	turn.Executor
	err error
}

// Begin refuses.
func (r refusing) Begin(replay.Execution, []record.Event) (turn.Orchestrator, error) {
	return nil, r.err
}

// resumed returns the mark after the resumes among the messages: each of them lets
// the code be run again, until it has cost as many workers once more.
func resumed(mark record.Mark, batch []hub.Delivery) record.Mark {
	for i := len(batch) - 1; i >= 0; i-- {
		if m := batch[i]; m.Verb == hub.VerbResume && m.Seq > mark.Resumed {
			return record.Mark{Resumed: m.Seq}
		}
	}
	return mark
}
