package jetstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// Acquire takes the lease for holder, who may have it already, and returns its
// revision; [history.ErrConflict] if another holds it.
func (h *Hub) Acquire(ctx context.Context, lease, holder string) (uint64, error) {
	token, err := encodeToken("lease", lease)
	if err != nil {
		return 0, err
	}
	h = h.lane()
	var revision uint64
	m, err := h.latest(ctx, h.names.fleetStream(), h.names.lease(token))
	switch {
	case errors.Is(err, js.ErrMsgNotFound):
	case err != nil:
		return 0, fmt.Errorf("acquire lease %q: %w", lease, err)
	case isMarker(m.Header) || string(m.Data) == holder:
		revision = m.Sequence
	default:
		return 0, fmt.Errorf("acquire lease %q: %q holds it: %w", lease, m.Data, history.ErrConflict)
	}
	return h.writeLease(ctx, "acquire", lease, holder, revision)
}

// Renew extends the lease and returns its new revision; [history.ErrConflict] if
// it was lost.
func (h *Hub) Renew(ctx context.Context, lease, holder string, revision uint64) (uint64, error) {
	return h.lane().writeLease(ctx, "renew", lease, holder, revision)
}

func (h *Hub) writeLease(ctx context.Context, verb, lease, holder string, revision uint64) (uint64, error) {
	token, err := encodeToken("lease", lease)
	if err != nil {
		return 0, err
	}
	m := &nats.Msg{
		Subject: h.names.lease(token),
		Header:  nats.Header{js.MsgTTLHeader: {h.leaseTTL.String()}, headerSecret: {"stored"}},
		Data:    []byte(holder),
	}
	expect(m, revision)
	revision, err = h.publish(ctx, m).wait(ctx)
	if err != nil {
		return 0, fmt.Errorf("%s lease %q: %w", verb, lease, err)
	}
	return revision, nil
}

// Release gives the lease back, if it is still held at that revision.
func (h *Hub) Release(ctx context.Context, lease string, revision uint64) error {
	token, err := encodeToken("lease", lease)
	if err != nil {
		return err
	}
	m := &nats.Msg{Subject: h.names.lease(token), Header: nats.Header{
		headerOperation: {"DEL"},
		js.MsgTTLHeader: {markerTTL.String()},
	}}
	expect(m, revision)
	_, err = h.lane().publish(ctx, m).wait(ctx)
	if err != nil && !errors.Is(err, history.ErrConflict) {
		return fmt.Errorf("release lease %q: %w", lease, err)
	}
	return nil
}

// WatchLeases sends who holds what, by lease: at once and after each change, until
// ctx ends, when the channel is closed. A reader that is slow gets the newest
// state, not every one. After a reconnect the state is read anew, so nothing is
// missed.
func (h *Hub) WatchLeases(ctx context.Context) (<-chan map[string]string, error) {
	f, err := h.followLeases(ctx)
	if err != nil {
		return nil, fmt.Errorf("watch leases: %w", err)
	}
	states := make(chan map[string]string, 1)
	go func() {
		defer close(states)
		var clock sync.WaitGroup
		defer clock.Wait()
		defer func() {
			if f != nil { // ctx ended before anything was read
				f.end(ctx)
			}
		}()
		clock.Go(func() { h.clock.keep(ctx) })
		h.loop("watching of the leases was interrupted").Run(ctx, func(context.Context) (err error) {
			if f == nil {
				if f, err = h.followLeases(ctx); err != nil {
					return err
				}
			}
			defer func() { f.end(ctx); f = nil }()
			return h.sendLeases(ctx, f, states)
		})
	}()
	return states, nil
}

func (h *Hub) followLeases(ctx context.Context) (*follower, error) {
	return h.lane().follow(ctx, h.names.fleetStream(), js.ConsumerConfig{
		FilterSubject: h.names.lease("*"),
		DeliverPolicy: js.DeliverLastPerSubjectPolicy,
	})
}

// leases are who holds what, by lease, and which of them a worker of an older version
// holds.
type leases struct {
	holders map[string]string
	older   map[string]bool
}

// sendLeases sends the state as soon as it is whole, and after each change.
func (h *Hub) sendLeases(ctx context.Context, f *follower, states chan map[string]string) error {
	state, whole := leases{map[string]string{}, map[string]bool{}}, f.pending == 0
	for {
		if whole {
			sendNewest(states, maps.Clone(state.holders))
			if len(state.older) == 0 {
				h.retireOldSecret(ctx)
			}
		}
		select {
		case p, open := <-f.out:
			if !open {
				return f.failure()
			}
			state.apply(p)
			whole = whole || p.ack.pending == 0
			f.release()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l leases) apply(p pulled) {
	lease, err := decodeToken(p.Subject[strings.LastIndexByte(p.Subject, '.')+1:])
	if err != nil {
		return
	}
	delete(l.holders, lease)
	delete(l.older, lease)
	if isMarker(p.Header) {
		return
	}
	l.holders[lease] = string(p.Data)
	if p.Header.Get(headerSecret) == "" {
		l.older[lease] = true
	}
}

// sendNewest puts v into a channel that has room for one, in place of what nobody
// has read yet. There must be only one sender.
func sendNewest[T any](c chan T, v T) {
	select {
	case <-c:
	default:
	}
	c <- v
}
