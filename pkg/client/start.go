package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// startAttempts bounds how often a start is tried again because the ended
// instance that it replaces has changed meanwhile.
const startAttempts = 10

// StartOption is an option of [Client.Start].
type StartOption func(*startOptions)

type startOptions struct {
	instance string
}

// WithInstanceID gives the new instance its id: 1 to 256 characters, not
// beginning with "@", none of them / \ # ? or a control character; empty for a
// random one. The id of an instance that has ended may be used again; its history
// is then replaced.
func WithInstanceID(id string) StartOption {
	return func(o *startOptions) { o.instance = id }
}

// Start starts an instance of the orchestrator called name and returns its id, a
// random one unless [WithInstanceID] gives it.
//
// It returns [ErrUnknownOrchestrator] if no worker has ever registered that
// orchestrator on this hub, [ErrInstanceExists] if the id belongs to an instance
// that has not ended, [ErrInvalidName], [ErrInvalidPayload] or [ErrPayloadTooLarge]; in all these cases nothing has been started. After any
// other error the instance may or may not have been started; trying again with
// the same id is safe.
func (c *Client) Start(ctx context.Context, name string, input any, opts ...StartOption) (string, error) {
	var o startOptions
	for _, opt := range opts {
		opt(&o)
	}
	if o.instance == "" {
		o.instance = strings.ToLower(rand.Text())
	}
	if err := errors.Join(history.CheckName("orchestrator name", name), history.CheckInstanceID(o.instance)); err != nil {
		return "", err
	}
	data, err := c.encode("input", input)
	if err != nil {
		return "", err
	}
	if err := c.checkRegistered(ctx, name); err != nil {
		return "", err
	}
	if err := c.claim(ctx, o.instance, name, data); err != nil {
		return "", err
	}
	return o.instance, nil
}

// claim makes the id the new instance's, or returns ErrInstanceExists.
func (c *Client) claim(ctx context.Context, id, name string, input []byte) error {
	var before predecessor
	for range startAttempts {
		// Each attempt is an execution of its own, so that the engine can tell the
		// message that won from those that lost.
		execution := rand.Text()
		err := c.tryStart(ctx, id, name, execution, input, before)
		if !errors.Is(err, history.ErrConflict) {
			return err
		}
		v, revision, err := c.hub.LoadLatest(ctx, id)
		switch {
		case err != nil:
			return fmt.Errorf("loading instance %q: %w", id, err)
		case v == nil:
			before = predecessor{revision: revision}
		case history.IsRunOf(execution, v.Execution):
			// The engine took the message in before the claim was stored.
			return nil
		case !v.Status.Ended():
			return fmt.Errorf("%w: %q is %s", ErrInstanceExists, id, v.Status)
		default:
			if before, err = c.succeed(ctx, id, v, revision); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%w: %q is being started and ended too often", ErrInstanceExists, id)
}

// predecessor is what a new instance takes the place of: nothing, what a purge
// left behind, or an ended instance.
type predecessor struct {
	revision, watermark uint64
	// lastTurn is what an ended instance decided last, if no worker has carried it
	// out yet: the value that says so is about to be replaced.
	lastTurn []history.Closed
}

// succeed returns what must be kept of an ended instance.
func (c *Client) succeed(ctx context.Context, id string, v *history.Value, revision uint64) (predecessor, error) {
	p := predecessor{revision: revision, watermark: v.Watermark}
	settled, err := c.hub.Settled(ctx, id, v.Watermark)
	if err != nil {
		return p, fmt.Errorf("looking for what instance %q has left: %w", id, err)
	}
	if settled {
		return p, nil
	}
	events, err := c.events(ctx, id, v)
	if errors.Is(err, history.ErrNotFound) {
		return p, nil // it has been replaced meanwhile, as the claim will find
	}
	p.lastTurn = v.LastTurn(events)
	return p, err
}

func (c *Client) tryStart(ctx context.Context, id, name, execution string, input []byte, before predecessor) error {
	now := time.Now().UTC()
	message := history.Message{
		Instance:  id,
		Verb:      history.VerbStart,
		Arg:       name,
		Data:      input,
		Execution: execution,
		Replaces:  before.revision,
	}
	claim := &history.Value{
		Name:      name,
		Execution: execution,
		Status:    history.Pending,
		Created:   now,
		Updated:   now,
		Input:     input,
		Watermark: before.watermark,
		Closed:    before.lastTurn,
	}
	if err := c.hub.Start(ctx, message, claim); err != nil {
		return fmt.Errorf("starting instance %q: %w", id, err)
	}
	return nil
}
