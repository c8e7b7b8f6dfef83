package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/examples"
	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/pkg/worker"
)

const long = `Host the sample orchestrators.

If no NATS server is given by --nats-url, --context or NATS_URL, the worker embeds one. It
stores in --data-dir and listens on --nats-listen, where the other commands find it without
flags.

The embedded server asks for no login: every user of this computer can do everything on it,
and delete the hub. So it listens on loopback addresses only. With --nats-auth it asks for a
login, and may listen on other addresses. The worker makes a login for each role (worker,
operator, viewer, starter, publisher) and keeps them in DATA-DIR/logins, which only the user
who runs the worker can read; the commands of that user find them there. As long as that
directory exists the server does not start without --nats-auth.

The worker also serves the HTTP API on --http, with or without --nats-auth, to everybody who
can connect to this computer's loopback address. Any other address needs keys, in a file
(--http-keys) or in DORMOUSE_HTTP_KEYS. Each line is one key: NAME KEY [SCOPES [HUBS]], with
scopes (all, read, raise, start) and hubs separated by commas.

SIGINT and SIGTERM let running turns and activities finish; then the worker exits 0. Waiting
instances go on when a worker starts again. A second signal ends the worker at once.

Exit codes: 0 stopped, or idle, 2 wrong usage, 75 the hub was removed while the worker ran, or
the NATS server has closed the connection for good (a worker that is started again makes what
the hub lacks), 1 any other error.`

// command is the worker command with its flags.
type command struct {
	cli.Options
	listen       string
	auth         bool
	syncAlways   bool
	idle         time.Duration
	maxBytes     int64
	verbose      bool
	workerConfig worker.Config
	http         httpFlags
}

func newCommand() *cobra.Command {
	var c command
	root := &cobra.Command{
		Use:   "worker",
		Short: "Host the sample orchestrators",
		Long:  long,
		Args:  cli.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	c.Bind(root)
	root.PersistentFlags().Lookup("nats-url").Usage = "NATS server, or several with commas between (env NATS_URL, default an embedded one)"
	flags := root.Flags()
	flags.StringVar(&c.listen, "nats-listen", "127.0.0.1:4222", "where the embedded NATS server listens (empty: nowhere)")
	flags.BoolVar(&c.auth, "nats-auth", false, "the embedded NATS server asks for a login; those of each role are in DATA-DIR/logins")
	flags.BoolVar(&c.syncAlways, "sync-always", false, "sync every write of the embedded NATS server to disk: safe against power loss, but slow")
	flags.Int64Var(&c.maxBytes, "max-bytes", 0, "how many bytes a new hub may hold on each server, at least 67108864 (0: no limit)")
	flags.DurationVar(&c.idle, "exit-when-idle", 0, "exit when nothing has been due for this time, such as 30s (0: never)")
	flags.IntVar(&c.workerConfig.CacheSize, "cache-size", 10_000, "how many waiting orchestrators stay in memory (0: none)")
	flags.DurationVar(&c.workerConfig.CacheIdle, "cache-idle", time.Minute, "how long one stays that nothing comes for")
	flags.IntVar(&c.workerConfig.MaxActivities, "max-activities", 100, "how many activities of one name run at a time")
	flags.IntVar(&c.workerConfig.MaxLostRuns, "max-lost-runs", 5, "after how many runs that ended with their worker an activity has failed")
	flags.BoolVar(&c.verbose, "verbose", false, "log details")
	c.http.bind(flags)
	return root
}

// check returns an error if a flag is not valid.
func (c *command) check() error {
	switch config := c.workerConfig; {
	case config.CacheSize < 0:
		return cli.Usagef("--cache-size %d: 0 or more", config.CacheSize)
	case config.CacheIdle <= 0:
		return cli.Usagef("--cache-idle %s: more than 0", config.CacheIdle)
	case config.MaxActivities < 1:
		return cli.Usagef("--max-activities %d: at least 1", config.MaxActivities)
	case config.MaxLostRuns < 1:
		return cli.Usagef("--max-lost-runs %d: at least 1", config.MaxLostRuns)
	case c.maxBytes != 0 && c.maxBytes < jetstream.MinBytes:
		return cli.Usagef("--max-bytes %d: 0 or at least %d", c.maxBytes, jetstream.MinBytes)
	case c.idle < 0:
		return cli.Usagef("--exit-when-idle %s: 0 or more", c.idle)
	}
	return nil
}

func (c *command) run(cmd *cobra.Command) error {
	if err := errors.Join(c.check(), c.checkPlace(cmd), c.http.check()); err != nil {
		return err
	}
	if c.workerConfig.CacheSize == 0 {
		c.workerConfig.CacheSize = -1 // -1 is none: in the config 0 is the default
	}
	c.http.asked = cmd.Flags().Changed("http")
	level := slog.LevelInfo
	if c.verbose {
		level = slog.LevelDebug
	}
	c.workerConfig.Logger = cli.NewLogger(cmd.ErrOrStderr(), level)

	ctx := cmd.Context()
	s, err := c.start(ctx, cmd.OutOrStdout())
	switch {
	case err != nil && ctx.Err() != nil:
		// The worker was stopped before it has begun to serve: there is nothing to finish.
		return nil
	case err != nil:
		return err
	}
	defer s.place.Close()
	return c.work(ctx, s)
}

// service has the parts of the process.
type service struct {
	place  *place
	worker *worker.Worker
	http   *httpapi.Server // nil for none
	rpc    *httpapi.Server // nil for none
}

// start prepares everything that comes before the worker runs, and prints what it serves.
func (c *command) start(ctx context.Context, stdout io.Writer) (*service, error) {
	p, err := c.openPlace(ctx)
	if err != nil {
		return nil, err
	}
	s := &service{place: p}
	if err := c.prepare(ctx, s, stdout); err != nil {
		p.Close()
		return nil, err
	}
	return s, nil
}

func (c *command) prepare(ctx context.Context, s *service, stdout io.Writer) (err error) {
	registry := &orchestration.Registry{Logger: c.workerConfig.Logger}
	examples.Register(registry)
	c.workerConfig.Queues = &worker.Queues{}
	examples.RegisterQueues(c.workerConfig.Queues)
	if s.worker, err = worker.New(s.place.hub, registry, c.workerConfig); err != nil {
		return err
	}
	if err := s.worker.Prepare(ctx); err != nil {
		return err
	}
	if s.http, err = c.listenHTTP(s.place); err != nil {
		return err
	}
	if s.rpc, err = c.listenRPC(s.place); err != nil {
		return err
	}
	return c.announce(stdout, s, registry.Orchestrators())
}

// work runs the worker until ctx ends or, with --exit-when-idle, nothing is due. HTTP requests
// are answered until then; the worker stops after that.
func (c *command) work(ctx context.Context, s *service) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(ctx, func() { c.workerConfig.Logger.Info("stopping: letting what is at work finish") })()
	var group sync.WaitGroup
	defer group.Wait()
	if c.idle > 0 {
		group.Go(func() {
			waitIdle(ctx, s.worker, c.idle)
			stop()
		})
	}
	working, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	served := make(chan error, 1)
	group.Go(func() {
		defer end()
		served <- s.serve(ctx)
	})
	err := s.worker.Run(working)
	stop()
	return errors.Join(err, <-served)
}

// serve answers HTTP requests until ctx ends, or one of the servers fails.
func (s *service) serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failures := make([]error, 2)
	var group sync.WaitGroup
	for i, server := range []*httpapi.Server{s.http, s.rpc} {
		if server != nil {
			group.Go(func() {
				defer stop()
				failures[i] = server.Run(ctx)
			})
		}
	}
	<-ctx.Done()
	group.Wait()
	return errors.Join(failures...)
}

// waitIdle returns when nothing has been due for that time, or ctx ends.
func waitIdle(ctx context.Context, w *worker.Worker, limit time.Duration) {
	for {
		left := limit - w.IdleFor()
		if left <= 0 {
			return
		}
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return
		}
	}
}
