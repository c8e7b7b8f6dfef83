package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
)

// Turn takes in the messages of one instance, as many of the batch as it can,
// and returns how many: load → replay → commit → send → ack. An error leaves the
// rest of the batch as it was, to be tried again; a [*BlockedError] says that the
// instance cannot go on as it is.
//
// A turn that may have to wait for others gives up when over is closed.
func (r *Runner) Turn(ctx context.Context, partition int, batch []hub.Delivery, over <-chan struct{}) (int, error) {
	n, err := r.tryTurn(ctx, partition, batch, over)
	if hub.IsPermanent(err) {
		return r.holdBack(ctx, partition, batch, err)
	}
	return n, err
}

func (r *Runner) tryTurn(ctx context.Context, partition int, batch []hub.Delivery, over <-chan struct{}) (int, error) {
	e, err := r.load(ctx, batch)
	if err != nil {
		return 0, err
	}
	if isSuspect(e, batch) {
		return r.suspectTurn(ctx, e, partition, batch, over)
	}
	return r.goOn(ctx, e, partition, batch, r.executor)
}

// goOn is a turn after the load.
func (r *Runner) goOn(ctx context.Context, e *episode, partition int, batch []hub.Delivery, executor Executor) (int, error) {
	s, err := r.replay(ctx, e, batch, executor)
	if err != nil {
		return 0, err
	}
	return r.finish(ctx, s, partition, batch)
}

// finish is the second half of a turn: commit → send → ack.
func (r *Runner) finish(ctx context.Context, s *step, partition int, batch []hub.Delivery) (int, error) {
	commands, err := r.commit(ctx, s)
	if err != nil {
		s.close()
		return 0, err
	}
	if err := r.send(ctx, commands); err != nil {
		s.close()
		return 0, err
	}
	r.reply(ctx, s.receipts)
	ack(batch[:s.taken], s.rejected)
	r.letGo(ctx, s, partition)
	return s.taken, s.block()
}

// load finds the instance parked, or reads it.
func (r *Runner) load(ctx context.Context, batch []hub.Delivery) (*episode, error) {
	instance := batch[0].Instance
	if e := r.cache.take(instance); e != nil {
		return e, nil
	}
	e, err := r.read(ctx, batch, r.hub.Load)
	if errors.Is(err, hub.ErrNotFound) {
		// A stale value may refer to a segment that the newest does not need.
		return r.readLatest(ctx, batch)
	}
	return e, err
}

// readLatest is read, but of what no replica may lag behind.
func (r *Runner) readLatest(ctx context.Context, batch []hub.Delivery) (*episode, error) {
	e, err := r.read(ctx, batch, r.hub.LoadLatest)
	if err != nil {
		return nil, err
	}
	e.latest = true
	return e, nil
}

type loader func(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error)

// read takes up an instance from the hub. What a crash may have left undone of its
// last turn is done now, before another turn takes its place.
func (r *Runner) read(ctx context.Context, batch []hub.Delivery, load loader) (*episode, error) {
	instance := batch[0].Instance
	v, revision, err := load(ctx, instance)
	if err != nil {
		return nil, fmt.Errorf("load instance %q: %w", instance, err)
	}
	if v == nil {
		return newEpisode(instance, nil, revision, nil), nil
	}
	events, err := r.events(ctx, instance, v)
	if err != nil {
		return nil, fmt.Errorf("load history of instance %q: %w", instance, err)
	}
	e := newEpisode(instance, v, revision, events)
	return e, r.repair(ctx, e, batch)
}

// repair carries out the last turn of an instance once more, if a crash may have
// kept that from being done.
func (r *Runner) repair(ctx context.Context, e *episode, batch []hub.Delivery) error {
	if !e.needsRepair(batch) {
		return nil
	}
	var commands []hub.Command
	if keys := e.value.ClosedKeys; len(keys) > 0 {
		pieces, err := r.hub.ReadSegments(ctx, e.instance, keys)
		if err != nil {
			return fmt.Errorf("load what instance %q has decided: %w", e.instance, err)
		}
		closed, err := record.OpenClosed(pieces)
		if err != nil {
			return fmt.Errorf("load what instance %q has decided: %w", e.instance, err)
		}
		commands = hub.ClosedCommands(e.instance, closed)
	}
	return r.send(ctx, append(commands, hub.ClosedCommands(e.instance, e.value.LastTurn(e.events))...))
}

// events returns the whole history of a value.
func (r *Runner) events(ctx context.Context, instance string, v *record.InstanceRecord) ([]record.Event, error) {
	if len(v.Segments) == 0 {
		return v.Log.Events, nil
	}
	keys := make([]string, len(v.Segments))
	for i, s := range v.Segments {
		keys[i] = s.Key
	}
	segments, err := r.hub.ReadSegments(ctx, instance, keys)
	if err != nil {
		return nil, err
	}
	return v.History(segments)
}

// replay works out what the messages lead to. A message that seems to change
// nothing is believed only of the newest value: a replica may lag behind. A step
// that broke off half-way through a message is done again without it.
func (r *Runner) replay(ctx context.Context, e *episode, batch []hub.Delivery, executor Executor) (*step, error) {
	s, err := r.step(ctx, e, batch, executor)
	if err != nil {
		return nil, err
	}
	s.advance(batch)
	for s.torn || (s.strays && !s.latest) {
		s.close()
		e, err := r.readLatest(ctx, batch)
		if err != nil {
			return nil, err
		}
		messages, blocked := batch, error(nil)
		if s.torn {
			messages, blocked = batch[:s.taken], s.blocked
		}
		if s, err = r.step(ctx, e, messages, executor); err != nil {
			return nil, err
		}
		s.advance(messages)
		s.blockWith(blocked)
	}
	return s, nil
}

func (r *Runner) step(ctx context.Context, e *episode, batch []hub.Delivery, executor Executor) (*step, error) {
	keepsIDs, err := r.keepsIDs(ctx, e, batch)
	if err != nil {
		return nil, fmt.Errorf("read whether ids are used again: %w", err)
	}
	return &step{
		episode: e, executor: executor, maxPayload: r.hub.MaxPayload(), maxValue: r.hub.MaxValue(), now: r.hub.Now(ctx).UTC(),
		keepsIDs: keepsIDs, isFatal: r.isFatal,
	}, nil
}

// keepsIDs reports whether the hub uses the id of an instance for no other one. It is
// asked only where a start meets an instance that is another's.
func (r *Runner) keepsIDs(ctx context.Context, e *episode, batch []hub.Delivery) (bool, error) {
	if !e.exists || !e.value.Status.IsInstance() {
		return false, nil
	}
	isAnothers := func(m hub.Delivery) bool {
		return m.Verb == hub.VerbStart && !record.IsRunOf(m.Execution, e.value.Execution)
	}
	if !slices.ContainsFunc(batch, isAnothers) {
		return false, nil
	}
	return r.hub.KeepsIDs(ctx)
}

// commit stores the instance as the step left it and returns what is to be done
// now that it is stored.
func (r *Runner) commit(ctx context.Context, s *step) ([]hub.Command, error) {
	if !s.changed {
		return nil, nil
	}
	s.obsolete = append(s.obsolete, s.value.ClosedKeys...)
	s.value.ClosedKeys = nil
	if err := r.seal(ctx, s); err != nil {
		return nil, err
	}
	revision, err := r.hub.Commit(ctx, s.instance, &s.value, s.revision)
	if err != nil {
		return nil, fmt.Errorf("commit instance %q: %w", s.instance, err)
	}
	s.revision, s.latest, s.cold, s.beside = revision, true, false, s.value.Beside()
	commands := hub.ClosedCommands(s.instance, s.spilled)
	return append(commands, hub.ClosedCommands(s.instance, s.value.LastTurn(s.fresh))...), nil
}

func (r *Runner) send(ctx context.Context, commands []hub.Command) error {
	if len(commands) == 0 {
		return nil
	}
	if err := r.hub.Send(ctx, commands); err != nil {
		return fmt.Errorf("send what was committed: %w", err)
	}
	for _, a := range r.unknown.meet(commands) {
		r.monitor.Log.Warn("an activity was asked for that this worker does not have: it waits for a worker that has registered it",
			monitor.KeyActivity, a.Name, monitor.KeyInstance, a.Instance)
	}
	return nil
}

// reply says what became of events. Who does not hear of it can find out.
func (r *Runner) reply(ctx context.Context, receipts []receipt) {
	for _, a := range receipts {
		if err := r.hub.Reply(ctx, a.to, a.outcome); err != nil {
			r.monitor.Log.Debug("receipt was not sent", monitor.KeyError, err)
		}
	}
}

// ack removes messages from the hub; those that could not be kept go to the dead letters.
func ack(batch []hub.Delivery, rejected map[uint64]string) {
	for _, m := range batch {
		if reason, isRejected := rejected[m.Seq]; isRejected {
			m.Reject(reason)
			continue
		}
		m.Ack()
	}
}

// letGo parks the instance if it is live, and drops segments that nothing refers
// to any more.
func (r *Runner) letGo(ctx context.Context, s *step, partition int) {
	if s.live != nil && s.isLive() && s.blocked == nil {
		r.cache.park(s.episode, partition, time.Now())
	} else {
		s.close()
	}
	if len(s.obsolete) == 0 {
		return
	}
	if err := r.hub.DropSegments(ctx, s.instance, s.obsolete); err != nil {
		r.monitor.Log.Debug("segments that are not needed any more were not removed", monitor.KeyInstance, s.instance, monitor.KeyError, err)
	}
}

// BlockedError says why an instance cannot go on until its code is put right.
type BlockedError struct {
	Instance string
	Reason   error
}

// Error says which instance is blocked, and why.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("instance %q is blocked: %v", e.Instance, e.Reason)
}

// Unwrap returns the reason.
func (e *BlockedError) Unwrap() error { return e.Reason }

func (s *step) block() error {
	if s.blocked == nil {
		return nil
	}
	return &BlockedError{Instance: s.instance, Reason: s.blocked}
}
