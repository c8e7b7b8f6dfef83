package jetstream

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// The hub's secret, from which message ids and names of consumers are made, is one message
// in the bucket of the leases, which only workers may read. It must not stand in the
// metadata of a stream, as it once did: the server's monitoring shows those to anybody who
// can reach its port.

// ErrSecretChanged: the hub has another secret than when it was opened.
var ErrSecretChanged = errors.New("the hub's secret was replaced while this worker was running, for instance by removing a stream of the hub: restart the worker")

// secret is the hub's secret, as workers see to it.
type secret struct {
	*connection
	// old is set while the secret still stands where older versions kept it.
	old atomic.Bool
}

// agree returns the hub's secret. If there is none yet it becomes that of the
// metadata of the timer stream, where older versions kept it, and otherwise a new one. Of
// several workers that get here at the same time one stores the secret, and the others
// read it.
//
// The caller must have read the metadata before. The secret is removed from the metadata
// only after it was stored, so when it is found in neither place there is none yet. It stays
// in the metadata as long as workers of an older version are running: if one of them were
// started again it would not find the secret, and could not open the partitions that fall to it.
func (s *secret) agree(ctx context.Context, timers js.Stream) (wire.IDKey, error) {
	old := timers.CachedInfo().Config.Metadata[metaOldSecret]
	secret, err := s.store(ctx, cmp.Or(s.codec.Key, wire.IDKey(old), wire.IDKey(rand.Text())))
	if err != nil {
		return "", fmt.Errorf("agree on the hub's secret: %w", err)
	}
	if old != "" && old != string(secret) {
		s.log.Warn("the timer stream was made by an older version of Dormouse, with another secret: stop its workers")
	}
	s.old.Store(old != "")
	return secret, nil
}

// store stores the secret if there is none, and returns the one that is stored.
func (s *secret) store(ctx context.Context, secret wire.IDKey) (wire.IDKey, error) {
	stored, err := readSecret(ctx, s.connection)
	if !errors.Is(err, js.ErrMsgNotFound) {
		return stored, err
	}
	m := &nats.Msg{Subject: s.codec.Names.Fleet.Secret(), Header: nats.Header{}, Data: []byte(secret)}
	wire.Expect(m, 0)
	_, err = s.publish(ctx, m).wait(ctx)
	if errors.Is(err, hub.ErrConflict) {
		return readSecret(ctx, s.connection) // another worker was faster
	}
	return secret, err
}

// readSecret returns the secret that is stored; [js.ErrMsgNotFound] if there is none.
func readSecret(ctx context.Context, c *connection) (wire.IDKey, error) {
	m, err := c.latest(ctx, c.codec.Names.Streams.Fleet, c.codec.Names.Fleet.Secret())
	if err != nil {
		return "", err
	}
	return wire.IDKey(m.Data), nil
}

// retire removes the secret from the place where monitoring shows it, once. It must be called
// when no worker is there that may have to read it there. A nil secret has nothing to retire.
func (s *secret) retire(ctx context.Context) {
	if s == nil || !s.old.CompareAndSwap(true, false) {
		return
	}
	err := s.removeOld(ctx)
	if err == nil {
		s.log.Info("the hub's secret was removed from the metadata of a stream, where monitoring shows it")
	} else if ctx.Err() == nil {
		s.log.Warn("the hub's secret still stands in the metadata of a stream, where monitoring shows it; "+
			"the next worker that is started tries again to remove it", keyError, err)
	}
}

func (s *secret) removeOld(ctx context.Context) error {
	timers, err := s.js.Stream(ctx, s.codec.Names.Streams.Timers)
	if err != nil {
		return err
	}
	config := timers.CachedInfo().Config
	config.Metadata = maps.Clone(config.Metadata)
	delete(config.Metadata, metaOldSecret)
	_, err = s.js.UpdateStream(ctx, config)
	return err
}
