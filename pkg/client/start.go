package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// startAttempts bounds how many ended instances a start may meet, one after the other,
// before it gives up.
const startAttempts = 10

// Start starts an instance of the orchestrator called name and returns its id, a
// random one unless [WithInstanceID] gives it. It needs no worker: the start is
// stored, and the instance is [Pending] until a worker comes to it. Only with
// [TerminateLive], and an id that is live, Start waits until a worker has put the
// new instance into the place of the old; if the context ends before, the start is
// stored all the same.
//
// It returns [ErrUnknownOrchestrator] if no worker has ever registered that
// orchestrator on this hub, [ErrInstanceExists] if the id belongs to an instance
// that may not be replaced, [ErrInvalidName], [ErrInvalidPayload] or
// [ErrPayloadTooLarge]; in all these cases nothing has been started, nor will be later.
// After any other error the instance may or may not have been started. To try again is
// safe with [WithIdempotencyKey], which tells by [ErrAlreadyStarted] that it was, and with
// an id of its own and the policy [NeverReuse], where that is ErrInstanceExists. With an
// id alone it is not: where the first has ended meanwhile, a second is started in its
// place.
func (c *Client) Start(ctx context.Context, name string, input any, opts ...StartOption) (string, error) {
	l, err := c.prepare(ctx, name, input, opts)
	if err != nil {
		return "", err
	}
	err = c.launch(ctx, l, predecessor{})
	if err != nil && !errors.Is(err, ErrAlreadyStarted) {
		return "", err
	}
	return l.id, err
}

// prepare returns the launch that the arguments ask for, with all that can be
// checked beforehand checked.
func (c *Client) prepare(ctx context.Context, name string, input any, opts []StartOption) (*launch, error) {
	data, err := c.encode("input", input)
	if err != nil {
		return nil, err
	}
	l, err := newLaunch(name, data, c.hub.After(ctx, 0), opts)
	if err != nil {
		return nil, err
	}
	return l, c.checkRegistered(ctx, name)
}

// launch is a start: of what, under which id, and how.
type launch struct {
	id, name string
	input    []byte
	tags     Tags
	version  string
	at       time.Time
	reuse    IDReuse
	eventID  string
	with     *hub.Raised
	// once is how its instance is known again, nil if it is not.
	once *idempotency
}

func (l *launch) message(execution string, replaces uint64) hub.Message {
	return hub.Message{
		Instance:  l.id,
		Verb:      hub.VerbStart,
		Arg:       l.name,
		Data:      l.input,
		Execution: execution,
		Replaces:  replaces,
		Tags:      l.tags,
		At:        l.at,
		Version:   l.version,
		With:      l.with,
	}
}

// claim is the value that makes the id the new instance's before a worker comes to
// its message.
func (l *launch) claim(execution string, before predecessor, now time.Time) *record.InstanceRecord {
	return &record.InstanceRecord{
		Name:      l.name,
		Execution: execution,
		Status:    history.Pending,
		Created:   now,
		Updated:   now,
		Input:     l.input,
		Tags:      l.tags,
		Version:   l.version,
		Watermark: before.watermark,
		Closed:    before.lastTurn,
		Kept:      before.kept,
	}
}

// launch makes the id the new instance's, or returns ErrInstanceExists.
func (c *Client) launch(ctx context.Context, l *launch, before predecessor) error {
	a := attempts{launch: l, pauses: looks()}
	for a.lost < startAttempts {
		if err := a.pause(ctx); err != nil {
			return err
		}
		_, err := c.tryLaunch(ctx, l, a.next(), before)
		if !errors.Is(err, hub.ErrConflict) {
			return err
		}
		v, revision, err := c.newest(ctx, l.id)
		if err != nil {
			return err
		}
		switch done, err := a.judge(v); {
		case done || err != nil:
			return err
		case v != nil && isLive(v):
			return c.takeOver(ctx, l, v)
		}
		if before, err = c.succeed(ctx, l.id, v, revision); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %q is being started and ended too often", ErrInstanceExists, l.id)
}

// attempts are the attempts to launch one instance. Each is an execution of its own, so
// that the engine can tell the message that has won from those that have lost.
type attempts struct {
	*launch
	executions []string
	// lost counts the instances that were met, rival is the last one's execution. An
	// attempt also fails because an event is kept for the id meanwhile: that is no rival.
	lost   int
	rival  string
	pauses retry.Pauses
}

// pause pauses before the third attempt and later ones. The first is made blindly, so that
// it often fails where the second does not.
func (a *attempts) pause(ctx context.Context) error {
	if len(a.executions) < 2 {
		return nil
	}
	return a.pauses.Wait(ctx)
}

// next names the execution of another attempt.
func (a *attempts) next() string {
	execution := rand.Text()
	a.executions = append(a.executions, execution)
	return execution
}

// judge tells from the value that an attempt has met whether the launch is done, since
// the engine has taken one of its messages in, or is refused. It is neither where the
// value is that of no instance, or of one that may be replaced.
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

// isLive reports whether a value is that of an instance that has not ended.
func isLive(v *record.InstanceRecord) bool { return v.Status.IsInstance() && !v.Status.Ended() }

// tryLaunch makes one attempt, and returns the number of its message.
func (c *Client) tryLaunch(ctx context.Context, l *launch, execution string, before predecessor) (uint64, error) {
	number, err := c.hub.Start(ctx, l.message(execution, before.revision), l.claim(execution, before, c.hub.Now(ctx).UTC()))
	if err != nil {
		return number, fmt.Errorf("starting instance %q: %w", l.id, err)
	}
	return number, nil
}

// takeOver lets the engine end the live instance and start the new one, and returns
// when it has. There is no claim: the value is the live instance's.
func (c *Client) takeOver(ctx context.Context, l *launch, v *record.InstanceRecord) error {
	if err := c.checkReuse(ctx, l.id, v); err != nil {
		return err
	}
	m := l.message(rand.Text(), hub.AnyAtAll)
	number, err := c.hub.Post(ctx, m)
	if err != nil {
		return fmt.Errorf("starting instance %q: %w", l.id, err)
	}
	return c.follow(ctx, l.id, func(v *record.InstanceRecord) (bool, error) {
		if v == nil { // nothing but a purge removes a value, and only one that is dealt with
			return c.hub.Settled(ctx, l.id, number)
		}
		// The watermark tells of an instance that was replaced in its turn.
		return record.IsRunOf(m.Execution, v.Execution) || v.Watermark >= number, nil
	})
}

// predecessor is what a new instance takes the place of: nothing, what a purge
// left behind, events that wait for it, or an ended instance.
type predecessor struct {
	revision, watermark uint64
	// lastTurn is what an ended instance decided last, if no worker has carried it
	// out yet: the value that says so is about to be replaced.
	lastTurn []record.Closed
	// kept are events that were raised ahead of the new instance.
	kept []record.Event
}

// succeed returns what must be kept of a value that is not that of a live instance,
// nil for none. It returns ErrInstanceExists where the instance must stay.
func (c *Client) succeed(ctx context.Context, id string, v *record.InstanceRecord, revision uint64) (predecessor, error) {
	p := predecessor{revision: revision}
	if v == nil {
		return p, nil
	}
	p.watermark, p.kept = v.Watermark, v.Kept
	if !v.Status.IsInstance() {
		return p, nil
	}
	if err := c.checkReuse(ctx, id, v); err != nil {
		return p, err
	}
	settled, err := c.hub.Settled(ctx, id, v.Watermark)
	if err != nil {
		return p, fmt.Errorf("looking for what instance %q has left: %w", id, err)
	}
	if settled {
		return p, nil
	}
	if len(v.ClosedKeys) > 0 { // too much to take over
		patience, stop := context.WithTimeout(ctx, settlePatience)
		defer stop()
		return p, c.settle(ctx, id, v, patience.Done())
	}
	events, err := c.events(ctx, id, v)
	if errors.Is(err, hub.ErrNotFound) {
		return p, nil // it has been replaced meanwhile, as the claim will find
	}
	p.lastTurn = v.LastTurn(events)
	return p, err
}
