// Command app is the worker that the chaos attacks. Its orchestrators write down
// everything they were handed, so that their outputs show whether an event was lost,
// taken twice or out of its turn, and whether a timer fired early.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// keepAlive makes an activity that was given to a dead worker run again soon.
const keepAlive = time.Second

// options are the command line.
type options struct {
	id, url, begun  string
	replicas, cache int
}

func main() {
	var o options
	flag.StringVar(&o.id, "id", "", "name in the fleet")
	flag.StringVar(&o.url, "nats-url", "", "NATS servers")
	flag.StringVar(&o.begun, "begun", "", "file that takes a line for each execution that begins")
	flag.IntVar(&o.replicas, "replicas", 1, "on how many servers a new hub is kept")
	flag.IntVar(&o.cache, "cache-size", 0, "how many waiting orchestrators stay in memory")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	connection, err := jetstream.Connect(jetstream.ConnectConfig{URL: o.url, Name: o.id, Logger: log})
	if err != nil {
		return err
	}
	defer connection.Close()
	hub, err := jetstream.Open(ctx, connection, jetstream.Config{Replicas: o.replicas, KeepAliveInterval: keepAlive, Logger: log})
	if err != nil {
		return err
	}
	var registry orchestration.Registry
	register(&registry, &diary{path: o.begun})
	w, err := worker.New(hub, &registry, worker.Config{ID: o.id, CacheSize: o.cache, Logger: log})
	if err != nil {
		return err
	}
	if err := hub.Register(ctx, registry.Orchestrators()); err != nil {
		return err
	}
	return w.Run(ctx)
}
