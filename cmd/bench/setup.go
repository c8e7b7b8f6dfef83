package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// setup is a server, a hub, a client and a worker in this process, on a data
// directory that is removed at the end.
type setup struct {
	client *client.Client
	worker *worker.Worker
	// dir is where the server keeps its data.
	dir string
	cli.Closers
}

// commits is a hub that tells of every commit once it is stored.
type commits struct {
	*jetstream.Hub
	tell func(instance string, v *record.InstanceRecord)
}

func (c *commits) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	revision, err := c.Hub.Commit(ctx, instance, v, expected)
	if err == nil {
		c.tell(instance, v)
	}
	return revision, err
}

func newSetup(ctx context.Context, cache int, tell func(string, *record.InstanceRecord)) (_ *setup, err error) {
	r := &setup{}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	log := cli.NewLogger(os.Stderr, slog.LevelWarn)
	dir, err := os.MkdirTemp("", "dormouse-bench-")
	if err != nil {
		return r, err
	}
	r.dir = dir
	r.OnClose(func() { _ = os.RemoveAll(dir) })
	server, err := jetstream.StartEmbedded(jetstream.EmbeddedConfig{DataDir: dir, Logger: log})
	if err != nil {
		return r, err
	}
	r.OnClose(server.Shutdown)
	if err := r.connectWorker(ctx, server, cache, tell, log); err != nil {
		return r, err
	}
	err = r.connectClient(ctx, server)
	return r, err
}

func (r *setup) connectWorker(ctx context.Context, server *jetstream.Embedded, cache int, tell func(string, *record.InstanceRecord), log *slog.Logger) error {
	connection, err := server.Connect()
	if err != nil {
		return err
	}
	r.OnClose(connection.Close)
	hub, err := jetstream.Open(ctx, connection, jetstream.Config{Name: "bench", Logger: log})
	if err != nil {
		return err
	}
	registry := &orchestration.Registry{}
	registry.Add(orchestration.Orchestrator("Once", once))
	registry.Add(orchestration.Orchestrator("Count", count))
	registry.Add(orchestration.Orchestrator("Eternal", eternal))
	registry.Add(orchestration.Orchestrator("FanOut", fanOut))
	registry.Add(orchestration.Orchestrator("Gather", gather))
	registry.Add(orchestration.Activity("Double", double))
	r.worker, err = worker.New(&commits{Hub: hub, tell: tell}, registry, worker.Config{ID: "bench", CacheSize: cache, CacheIdle: time.Hour, Logger: log})
	if err != nil {
		return err
	}
	if err := hub.Register(ctx, registry.Orchestrators()); err != nil {
		return err
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.worker.Run(working)
	}()
	r.OnClose(func() {
		stop()
		<-done
	})
	return nil
}

// connectClient gives the client a connection of its own, as it would have in a
// process of its own.
func (r *setup) connectClient(ctx context.Context, server *jetstream.Embedded) error {
	connection, err := server.Connect()
	if err != nil {
		return err
	}
	r.OnClose(connection.Close)
	hub, err := jetstream.OpenExisting(ctx, connection, jetstream.Config{Name: "bench"})
	if err != nil {
		return err
	}
	r.client = client.New(hub)
	return nil
}

// once waits for one event.
func once(ctx *orchestration.Context, _ orchestration.None) (bool, error) {
	return orchestration.Event[bool]("Approval").Wait(ctx).Await()
}

// count waits for n events, one after another.
func count(ctx *orchestration.Context, n int) (int, error) {
	for range n {
		if _, err := orchestration.Event[int]("Item").Wait(ctx).Await(); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func instanceID(n int) string { return fmt.Sprintf("bench-%07d", n) }
