// Command testworker is the worker of the fleet tests: the samples, and
// orchestrators whose outputs show whether an event was lost, taken twice or out of
// its turn.
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

	"github.com/dormouse-dev/dormouse/examples"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

// keepAlive makes an activity that was given to a dead worker run again soon.
const keepAlive = time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testworker:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	url := flag.String("nats-url", "", "NATS server")
	config := worker.Config{Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	flag.StringVar(&config.ID, "id", "", "name in the fleet")
	flag.IntVar(&config.CacheSize, "cache-size", 0, "how many waiting orchestrators stay in memory")
	delay := flag.Duration("commit-delay", 0, "how long each commit is put off")
	lease := flag.Duration("lease-ttl", 0, "how long leases last, 5 s if zero")
	var clock skewed
	flag.DurationVar(&clock.offset, "clock-offset", 0, "how far this worker's clock is ahead, behind if negative")
	flag.DurationVar(&clock.jump, "clock-jump", 0, "how far this worker's clock jumps, and back, every few seconds")
	flag.Parse()

	connection, err := jetstream.Connect(jetstream.ConnectConfig{URL: *url, Name: config.ID, Logger: config.Logger})
	if err != nil {
		return err
	}
	defer connection.Close()
	hub, err := jetstream.Open(ctx, connection, jetstream.Config{LeaseTTL: *lease, KeepAliveInterval: keepAlive, Logger: config.Logger, Clock: clock.now})
	if err != nil {
		return err
	}
	var registry orchestration.Registry
	examples.Register(&registry)
	register(&registry)
	config.Queues = &worker.Queues{}
	examples.RegisterQueues(config.Queues)
	w, err := worker.New(hesitant{hub, *delay}, &registry, config)
	if err != nil {
		return err
	}
	if err := hub.Register(ctx, registry.Orchestrators()); err != nil {
		return err
	}
	fmt.Printf("%s serves\n", config.ID)
	return w.Run(ctx)
}
