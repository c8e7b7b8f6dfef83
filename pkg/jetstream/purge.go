package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
)

// tombstoneTTL is for how long a purged instance leaves a revision behind, so
// that nobody who still works on it can commit.
const tombstoneTTL = time.Hour

// Settled reports whether the control stream holds none of the instance's messages
// up to that number any more. They are removed when what was decided on them has
// been carried out.
func (h *Hub) Settled(ctx context.Context, instance string, watermark uint64) (bool, error) {
	token, err := encodeToken("instance id", instance)
	if err != nil {
		return false, err
	}
	m, err := h.message(ctx, h.names.controlStream(), messageQuery{From: 1, Next: h.names.controlOf(token)})
	if errors.Is(err, js.ErrMsgNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for messages of instance %q: %w", instance, err)
	}
	return m.Sequence > watermark, nil
}

// Purge removes the instance's value, segments and timers, if its revision is
// still the given one; [history.ErrConflict] otherwise. What the id's next
// instance may have stored meanwhile stays. Of an instance that was purged before
// it removes what is left.
func (h *Hub) Purge(ctx context.Context, instance string, revision uint64) error {
	token, err := encodeToken("instance id", instance)
	if err != nil {
		return err
	}
	// Only timers that are there by now can be the purged instance's.
	lastTimer, err := h.lastControl(ctx)
	if err != nil {
		return fmt.Errorf("purge instance %q: %w", instance, err)
	}
	tombstone, err := h.publish(ctx, newTombstone(h.names.value(token), revision)).wait(ctx)
	if err != nil {
		return fmt.Errorf("purge instance %q: %w", instance, err)
	}
	if err := h.purgeSegments(ctx, token, tombstone); err != nil {
		return fmt.Errorf("purge segments of instance %q: %w", instance, err)
	}
	if err := h.purgeSubject(ctx, h.names.controlStream(), h.names.timers(token), lastTimer+1); err != nil {
		return fmt.Errorf("purge timers of instance %q: %w", instance, err)
	}
	return nil
}

// purgeSegments removes the segments that are older than that revision.
func (h *Hub) purgeSegments(ctx context.Context, token string, revision uint64) error {
	return h.purgeSubject(ctx, h.names.valueStream(), h.names.value(token)+".>", revision)
}

func newTombstone(subject string, revision uint64) *nats.Msg {
	m := &nats.Msg{Subject: subject, Header: nats.Header{
		headerOperation: {"PURGE"},
		js.MsgTTLHeader: {tombstoneTTL.String()},
	}}
	expect(m, revision)
	return m
}

// lastControl returns the number of the newest message in the control stream.
func (h *Hub) lastControl(ctx context.Context) (uint64, error) {
	stream, err := ask(ctx, h, func(ctx context.Context) (js.Stream, error) {
		return h.js.Stream(ctx, h.names.controlStream())
	})
	if err != nil {
		return 0, err
	}
	return stream.CachedInfo().State.LastSeq, nil
}

// purgeSubject removes what a stream holds under a subject, if below is not 0 only
// what has a lower number.
func (h *Hub) purgeSubject(ctx context.Context, stream, subject string, below uint64) error {
	request, err := json.Marshal(struct {
		Filter string `json:"filter"`
		Below  uint64 `json:"seq,omitempty"`
	}{subject, below})
	if err != nil {
		return err
	}
	var response struct {
		Error *js.APIError `json:"error"`
	}
	if err := h.call(ctx, "STREAM.PURGE."+stream, request, &response); err != nil {
		return err
	}
	if response.Error != nil {
		return response.Error
	}
	return nil
}
