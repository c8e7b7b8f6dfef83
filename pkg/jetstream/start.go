package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// requests keeps the promises of [hub.Requests].
type requests struct {
	*connection
	*post
	records *records
	// clustered is set where streams may live on different servers.
	clustered bool
}

// Start stores a start message and returns its number. If the record of the instance still has
// the revision m.Replaces it stores the claim as the new record; otherwise it returns
// [hub.ErrConflict] beside the number.
//
// The message goes first. A worker that finds the message without the claim needs no claim,
// and a client that sees the claim knows that the message is stored before everything that is
// said to the instance from then on. One server stores them in the order they are sent in, so
// both are sent at once. On a cluster, and where the claim takes the place of another record,
// which could not be brought back, the claim waits for the message's ack.
func (r *requests) Start(ctx context.Context, m hub.Message, claim *record.InstanceRecord) (uint64, error) {
	message, err := r.codec.Control(m, r.limits(), r.hubTime.now())
	if err != nil {
		return 0, err
	}
	value, err := r.codec.Record(m.Instance, claim, m.Replaces, r.limits(), r.records.clock.now())
	if err != nil {
		return 0, err
	}
	said := r.publish(ctx, message)
	var number uint64
	var sayErr error
	inTurn := r.clustered || m.Replaces != 0 || said.err != nil
	if inTurn {
		number, sayErr = said.wait(ctx)
	}
	if sayErr != nil {
		return 0, fmt.Errorf("start instance %q: %w", m.Instance, sayErr)
	}
	claimed := r.publish(ctx, value)
	if !inTurn {
		number, sayErr = said.wait(ctx)
	}
	revision, claimErr := claimed.wait(ctx)
	if sayErr != nil && claimErr == nil {
		number, sayErr = r.keepOrTakeBack(ctx, m.Instance, message, revision, sayErr)
	}
	switch {
	case sayErr != nil:
		return 0, fmt.Errorf("start instance %q: %w", m.Instance, sayErr)
	case errors.Is(claimErr, ErrStorage), errors.Is(claimErr, hub.ErrUnconfirmed):
		return number, fmt.Errorf("start instance %q: its start is stored, and may take effect when there is room: %w", m.Instance, claimErr)
	case claimErr != nil:
		return number, fmt.Errorf("claim instance %q: %w", m.Instance, claimErr)
	case m.Replaces != 0:
		r.dropReplaced(ctx, m.Instance, revision)
	}
	return number, nil
}

// Claim is the second half of [Hub.Start]: for a message that is stored, and for which an
// earlier claim was refused.
func (r *requests) Claim(ctx context.Context, instance string, claim *record.InstanceRecord, replaces uint64) error {
	revision, err := r.records.Commit(ctx, instance, claim, replaces)
	if err == nil && replaces != 0 {
		r.dropReplaced(ctx, instance, revision)
	}
	return err
}

// dropReplaced removes the sealed history of the instance whose place the claim of that
// revision has taken.
func (r *requests) dropReplaced(ctx context.Context, instance string, revision uint64) {
	token, err := wire.EncodeToken("instance id", instance)
	if err == nil {
		err = r.purgeSegments(ctx, token, revision)
	}
	if err != nil {
		r.log.Warn("the sealed history of a replaced instance was not removed", keyInstance, instance, keyError, err)
	}
}

// keepOrTakeBack deals with a claim that is stored while its message may not be: without a
// message the claim would bar the id for ever. The message is sent once more; a repeat changes
// nothing. If that fails too the claim is taken back. A message that was stored after all is
// then void, since it names another record as the one to replace.
func (r *requests) keepOrTakeBack(ctx context.Context, instance string, message *nats.Msg, revision uint64, cause error) (uint64, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTimeout)
	defer cancel()
	again, stop := context.WithTimeout(ctx, ackTimeout/2)
	defer stop()
	number, err := r.publish(again, message).wait(again)
	if err == nil {
		return number, nil
	}
	token, err := wire.EncodeToken("instance id", instance)
	if err == nil {
		_, err = r.bury(ctx, token, revision)
	}
	if errors.Is(err, hub.ErrConflict) {
		return 0, nil // a worker has taken the message in
	}
	if err != nil {
		r.log.Error("the claim of an instance that was not started could not be taken back", keyInstance, instance, keyError, err)
	}
	return 0, cause
}
