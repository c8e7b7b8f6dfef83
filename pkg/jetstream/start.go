package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// Start stores a start message and, if the instance's value still has the
// revision m.Replaces, the claim as its new value; [history.ErrConflict] if it has
// not. The message goes first: who finds it without the claim can do without, and
// who sees the claim can rely on it that the message is stored before anything
// that is said to the instance from then on. One server stores them in the order
// they are sent in, so both are sent at once; of a cluster the message's ack is
// waited for, and where the claim takes the place of another value, which could not be
// brought back.
func (h *Hub) Start(ctx context.Context, m history.Message, claim *history.Value) error {
	message, err := h.newMessage(m)
	if err != nil {
		return err
	}
	value, err := h.valueMessage(m.Instance, claim, m.Replaces)
	if err != nil {
		return err
	}
	said := h.publish(ctx, message)
	sayErr := said.err
	inTurn := h.clustered || m.Replaces != 0
	if inTurn && sayErr == nil {
		_, sayErr = said.wait(ctx)
	}
	if sayErr != nil {
		return fmt.Errorf("start instance %q: %w", m.Instance, sayErr)
	}
	claimed := h.publish(ctx, value)
	if !inTurn {
		_, sayErr = said.wait(ctx)
	}
	revision, claimErr := claimed.wait(ctx)
	switch {
	case sayErr != nil && claimErr == nil:
		h.disclaim(ctx, value.Subject, revision)
		return fmt.Errorf("start instance %q: %w", m.Instance, sayErr)
	case sayErr != nil:
		return fmt.Errorf("start instance %q: %w", m.Instance, sayErr)
	case errors.Is(claimErr, history.ErrConflict) && h.runs(ctx, m.Instance, m.Execution):
		// The engine was faster than the claim.
		return nil
	case claimErr != nil:
		return fmt.Errorf("claim instance %q: %w", m.Instance, claimErr)
	}
	if m.Replaces != 0 {
		h.dropReplaced(ctx, m.Instance, revision)
	}
	return nil
}

// dropReplaced removes what the instance that the claim of that revision has
// replaced had sealed.
func (h *Hub) dropReplaced(ctx context.Context, instance string, revision uint64) {
	token, err := encodeToken("instance id", instance)
	if err == nil {
		err = h.purgeSegments(ctx, token, revision)
	}
	if err != nil {
		h.log.Warn("the sealed history of a replaced instance was not removed", keyInstance, instance, keyError, err)
	}
}

// runs reports whether the execution is the one that holds the instance.
func (h *Hub) runs(ctx context.Context, instance, execution string) bool {
	v, _, err := h.LoadLatest(ctx, instance)
	return err == nil && v != nil && history.IsRunOf(execution, v.Execution)
}

// disclaim takes back a claim whose message may not have been stored: it would
// bar the id for ever. If the message was stored all the same it needs no claim.
func (h *Hub) disclaim(ctx context.Context, subject string, revision uint64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTimeout)
	defer cancel()
	_, err := h.publish(ctx, newTombstone(subject, revision)).wait(ctx)
	if err != nil && !errors.Is(err, history.ErrConflict) {
		h.log.Error("the claim of an instance that was not started could not be taken back", keySubject, subject, keyError, err)
	}
}
