package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
)

// wire is a connection to NATS on which the chaos does what no client of a hub would
// do.
type wire struct {
	nc *nats.Conn
	js js.JetStream
}

// dial connects to the servers, once.
func dial(url string) (*wire, error) {
	nc, err := nats.Connect(url, nats.Name("chaos"), nats.Timeout(time.Second), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		return nil, err
	}
	client, err := js.New(nc)
	if err != nil {
		nc.Close()
		return nil, err
	}
	return &wire{nc: nc, js: client}, nil
}

func (w *wire) close() { w.nc.Close() }

// ready returns nil when JetStream answers and can store.
func (w *wire) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := w.js.AccountInfo(ctx)
	return err
}

// placed returns nil when the cluster can keep something on so many servers.
func (w *wire) placed(ctx context.Context, replicas int) error {
	const trial = "chaos-trial"
	_, err := w.js.CreateStream(ctx, js.StreamConfig{Name: trial, Subjects: []string{trial}, Replicas: replicas})
	if err != nil {
		return err
	}
	return w.js.DeleteStream(ctx, trial)
}

// publish sends a message of any content, and waits until the server has read it.
func (w *wire) publish(subject string, header map[string]string, body []byte) error {
	m := nats.NewMsg(subject)
	for key, value := range header {
		m.Header.Set(key, value)
	}
	m.Data = body
	if err := w.nc.PublishMsg(m); err != nil {
		return err
	}
	return w.nc.FlushTimeout(5 * time.Second)
}

// messages returns how many messages a stream holds.
func (w *wire) messages(ctx context.Context, stream string) (uint64, error) {
	s, err := w.js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", stream, err)
	}
	return s.CachedInfo().State.Msgs, nil
}

// undone returns how many messages of a stream its consumers have not been told to be
// done with.
func (w *wire) undone(ctx context.Context, stream string) (uint64, error) {
	s, err := w.js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", stream, err)
	}
	var sum uint64
	list := s.ListConsumers(ctx)
	for c := range list.Info() {
		sum += c.NumPending + uint64(c.NumAckPending)
	}
	return sum, list.Err()
}

// squeeze gives a stream a limit of so many bytes more than it holds now; a negative
// number takes the limit away.
func (w *wire) squeeze(ctx context.Context, stream string, more int64) error {
	s, err := w.js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("stream %s: %w", stream, err)
	}
	config := s.CachedInfo().Config
	config.MaxBytes = -1
	if more >= 0 {
		config.MaxBytes = int64(s.CachedInfo().State.Bytes) + more
	}
	_, err = w.js.UpdateStream(ctx, config)
	return err
}

// leaderOf returns the name of the server that leads a stream, empty where there is no
// cluster.
func (w *wire) leaderOf(ctx context.Context, stream string) string {
	s, err := w.js.Stream(ctx, stream)
	if err != nil || s.CachedInfo().Cluster == nil {
		return ""
	}
	return s.CachedInfo().Cluster.Leader
}

// replicasInStep returns an error while a replica of a stream of the hub is away or
// behind.
func (w *wire) replicasInStep(ctx context.Context) error {
	list := w.js.ListStreams(ctx)
	for info := range list.Info() {
		if info.Cluster == nil {
			continue
		}
		for _, peer := range info.Cluster.Replicas {
			if peer == nil || peer.Offline || !peer.Current {
				return fmt.Errorf("a replica of stream %s is not up to date", strings.TrimSpace(info.Config.Name))
			}
		}
		if info.Cluster.Leader == "" {
			return fmt.Errorf("stream %s has no leader", info.Config.Name)
		}
	}
	return list.Err()
}

// ballast is the stream that fills a server's store up to its limit.
const ballast = "chaos-ballast"

// fill stores until the server has no room left.
func (w *wire) fill(ctx context.Context) error {
	if _, err := w.js.CreateStream(ctx, js.StreamConfig{Name: ballast, Subjects: []string{ballast}}); err != nil {
		return err
	}
	for size := 512 << 10; size > 0; size /= 2 {
		for {
			if _, err := w.js.Publish(ctx, ballast, make([]byte, size)); err != nil {
				break
			}
		}
	}
	return ctx.Err()
}

// free makes room again.
func (w *wire) free(ctx context.Context) error { return w.js.DeleteStream(ctx, ballast) }
