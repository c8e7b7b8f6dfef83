package jetstream

import (
	"context"
	"errors"
	"fmt"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// records keeps the promises of [hub.Records].
type records struct {
	*connection
	clock *clock
	// values is the stream of the records.
	values js.Stream
	// looking bounds how many requests for the newest record of an instance are on their way
	// at a time. When many waiters are woken together, for instance after a reconnect, they
	// must not fill the server's queue of requests, which it throws away when it is full.
	looking chan struct{}
}

// maxLooking is far below the capacity of the server's queue of requests, which is 10,000.
const maxLooking = 256

// Load returns the instance's record and its revision. If there is none the record is nil, and
// Commit must expect the returned revision to create one. On a replicated hub the record may
// be stale. It returns an error wrapping [ident.ErrInvalidName], or a
// [*record.UnreadableError] for a record that is there and cannot be read.
func (r *records) Load(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	token, err := wire.EncodeToken("instance id", instance)
	if err != nil {
		return nil, 0, err
	}
	m, err := r.last(ctx, r.codec.Names.Values.Of(token))
	return readValue(instance, m, err)
}

// LoadLatest is [Hub.Load], but never stale: it asks the leader of the stream.
func (r *records) LoadLatest(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	token, err := wire.EncodeToken("instance id", instance)
	if err != nil {
		return nil, 0, err
	}
	select {
	case r.looking <- struct{}{}:
		defer func() { <-r.looking }()
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	m, err := r.latest(ctx, r.codec.Names.Streams.Values, r.codec.Names.Values.Of(token))
	return readValue(instance, m, err)
}

func readValue(instance string, m *js.RawStreamMsg, err error) (*record.InstanceRecord, uint64, error) {
	switch {
	case errors.Is(err, js.ErrMsgNotFound):
		return nil, 0, nil
	case err != nil:
		return nil, 0, fmt.Errorf("load instance %q: %w", instance, err)
	case wire.IsMarker(m.Header):
		return nil, m.Sequence, nil
	}
	v, err := record.Decode(m.Data)
	if err != nil {
		return nil, 0, wire.Unreadable(instance, m, err)
	}
	return v, m.Sequence, nil
}

// Commit replaces the record if its revision is still the expected one, and returns the new
// revision; otherwise [hub.ErrConflict]. It returns an error wrapping [ErrTooLarge] for a
// record that has more than [Hub.MaxValue] bytes. Any other error leaves open whether the
// record was stored.
func (r *records) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	m, err := r.codec.Record(instance, v, expected, r.limits(), r.clock.now())
	if err != nil {
		return 0, err
	}
	revision, err := r.publish(ctx, m).wait(ctx)
	if err != nil {
		return 0, fmt.Errorf("commit instance %q: %w", instance, err)
	}
	return revision, nil
}

// last reads the last message of a subject of the stream of records, from any replica.
func (r *records) last(ctx context.Context, subject string) (*js.RawStreamMsg, error) {
	return roundTrip(ctx, r.connection, func(ctx context.Context) (*js.RawStreamMsg, error) {
		return r.values.GetLastMsgForSubject(ctx, subject)
	})
}

// KeepsIDs reports whether the id of an instance is used for no other one, not even when
// the instance has ended, as long as it is not purged. It returns an error wrapping
// [record.ErrCorrupt] for a setting that says neither.
func (r *records) KeepsIDs(ctx context.Context) (bool, error) {
	text, err := r.setting(ctx, r.codec.Names.Values.Reuse())
	if err != nil {
		return false, err
	}
	switch text {
	case "", reuseEnded:
		return false, nil
	case reuseNever:
		return true, nil
	}
	return false, fmt.Errorf("reuse of ids %.40q: %w", text, record.ErrCorrupt)
}
