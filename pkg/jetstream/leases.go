package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// leases keeps the promises of [hub.Leases].
type leases struct {
	*connection
	clock *clock
	// secret is retired where older versions kept it once no worker needs it there.
	secret *secret
	// ttl is how long a lease lasts without being renewed.
	ttl time.Duration
}

// LeaseTTL returns how long a lease lasts without being renewed.
func (l *leases) LeaseTTL() time.Duration { return l.ttl }

// Acquire takes the lease for holder, and returns its revision. It returns [hub.ErrConflict]
// if another holds the lease; a holder may acquire its own lease again.
func (l *leases) Acquire(ctx context.Context, lease, holder string) (uint64, error) {
	token, err := wire.EncodeToken("lease", lease)
	if err != nil {
		return 0, err
	}
	urgent := l.urgent()
	var revision uint64
	m, err := urgent.latest(ctx, l.codec.Names.Streams.Fleet, l.codec.Names.Fleet.Lease(token))
	switch {
	case errors.Is(err, js.ErrMsgNotFound):
	case err != nil:
		return 0, fmt.Errorf("acquire lease %q: %w", lease, err)
	case wire.IsMarker(m.Header) || string(m.Data) == holder || l.leaseEnd(m.Header, m.Time).Before(l.clock.now()):
		revision = m.Sequence
	default:
		return 0, fmt.Errorf("acquire lease %q: %q holds it: %w", lease, m.Data, hub.ErrConflict)
	}
	return l.write(ctx, urgent, "acquire", lease, holder, revision)
}

// Renew extends the lease and returns its new revision; [hub.ErrConflict] if the lease was
// lost.
func (l *leases) Renew(ctx context.Context, lease, holder string, revision uint64) (uint64, error) {
	return l.write(ctx, l.urgent(), "renew", lease, holder, revision)
}

func (l *leases) write(ctx context.Context, c *connection, verb, lease, holder string, revision uint64) (uint64, error) {
	token, err := wire.EncodeToken("lease", lease)
	if err != nil {
		return 0, err
	}
	m := l.codec.Lease(token, holder, l.ttl, revision)
	revision, err = c.publish(ctx, m).wait(ctx)
	if err != nil {
		return 0, fmt.Errorf("%s lease %q: %w", verb, lease, err)
	}
	return revision, nil
}

// Release gives the lease back, if it is still held at that revision.
func (l *leases) Release(ctx context.Context, lease string, revision uint64) error {
	token, err := wire.EncodeToken("lease", lease)
	if err != nil {
		return err
	}
	m := l.codec.LeaseGivenBack(token, markerTTL, revision)
	_, err = l.urgent().publish(ctx, m).wait(ctx)
	if err != nil && !errors.Is(err, hub.ErrConflict) {
		return fmt.Errorf("release lease %q: %w", lease, err)
	}
	return nil
}

// leaseEnd is the time at which a lease that was written then ends unless it is renewed.
func (l *leases) leaseEnd(header nats.Header, written time.Time) time.Time {
	return written.Add(wire.LeaseTTL(header, l.ttl))
}

// WatchLeases sends the holders of all leases, by lease: at once and after each change, until
// ctx ends, when the channel is closed. A slow reader gets the newest state, not every one.
// After a reconnect the state is read anew, so nothing is missed.
func (l *leases) WatchLeases(ctx context.Context) (<-chan map[string]string, error) {
	f, err := l.readLeases(ctx)
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
		clock.Go(func() { l.clock.keep(ctx) })
		l.loop("watching of the leases was interrupted").Run(ctx, func(context.Context) (err error) {
			if f == nil {
				if f, err = l.readLeases(ctx); err != nil {
					return err
				}
			}
			defer func() { f.end(ctx); f = nil }()
			return l.sendLeases(ctx, f, states)
		})
	}()
	return states, nil
}

func (l *leases) readLeases(ctx context.Context) (*streamReader, error) {
	return consumers{l.urgent()}.readStream(ctx, l.codec.Names.Streams.Fleet, js.ConsumerConfig{
		FilterSubject: l.codec.Names.Fleet.Lease("*"),
		DeliverPolicy: js.DeliverLastPerSubjectPolicy,
	})
}

// sendLeases sends the state as soon as it is whole, after each change, and at intervals for
// leases whose end the server has not told.
func (l *leases) sendLeases(ctx context.Context, f *streamReader, states chan map[string]string) error {
	state, whole := leaseState{}, f.pending == 0
	look := time.NewTicker(l.ttl / 2)
	defer look.Stop()
	for {
		if whole {
			l.buryEnded(ctx, state)
			sendNewest(states, state.holders())
			if !state.hasOlder() {
				l.secret.retire(ctx)
			}
		}
		select {
		case p, open := <-f.Out():
			if !open {
				return f.Err()
			}
			l.applyLease(state, p)
			whole = whole || p.Ack.Pending == 0
			f.Release()
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// buryEnded takes leases whose time is up out of the state, and removes them. The server
// usually does so itself; but after it was killed it may bring back leases that have ended
// long ago, and it never ends those. Their holders are gone, and the partitions of such a
// holder would be served by nobody.
func (l *leases) buryEnded(ctx context.Context, state leaseState) {
	for name, held := range state {
		if !held.end.Add(endSlack).Before(l.clock.now()) {
			continue
		}
		delete(state, name)
		if err := l.Release(ctx, name, held.revision); err != nil {
			l.log.Debug("a lease that has ended is still there", "lease", name, keyError, err)
		}
	}
}

// endSlack is how long the server may take to end a lease whose time is up.
const endSlack = 2 * time.Second

// sendNewest puts v into a channel that has room for one, in place of a value that nobody has
// read yet. There must be only one sender.
func sendNewest[T any](c chan T, v T) {
	select {
	case <-c:
	default:
	}
	c <- v
}
