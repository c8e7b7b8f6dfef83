package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// place is where the worker works: its hub, and the functions that close what was opened for
// it.
type place struct {
	hub *jetstream.Hub
	// url is where other commands find the hub. It is empty if a NATS context says so, or if
	// the embedded server does not listen.
	url string
	// embedded is set if the NATS server is in this process. local is set if only users of
	// this computer can reach it.
	embedded, local bool
	cli.Closers
}

// checkPlace returns an error if a flag of the embedded server is not valid, or is given and
// the embedded server is not used.
func (c *command) checkPlace(cmd *cobra.Command) error {
	if elsewhere := c.Elsewhere(); elsewhere != "" {
		for _, name := range []string{"data-dir", "nats-listen", "nats-auth", "sync-always"} {
			if cmd.Flags().Changed(name) {
				return cli.Usagef("--%s is for the embedded NATS server, which is not used because of %s", name, elsewhere)
			}
		}
		return nil
	}
	if c.DataDir == "" {
		return cli.Usagef("--data-dir is empty: leave it out, or give a directory")
	}
	if c.listen == "" && c.auth {
		return cli.Usagef("--nats-auth is for a NATS server that listens: give --nats-listen an address")
	}
	if c.listen == "" {
		return nil
	}
	return cli.CheckListen("nats-listen", c.listen, "127.0.0.1:4222")
}

// openPlace connects to NATS, or starts it, and opens the hub.
func (c *command) openPlace(ctx context.Context) (*place, error) {
	p := &place{embedded: c.Elsewhere() == ""}
	open := c.openElsewhere
	if p.embedded {
		open = c.openEmbedded
	}
	if err := open(ctx, p); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (c *command) openElsewhere(ctx context.Context, p *place) error {
	config, err := c.ConnectConfig("dormouse worker")
	if err != nil {
		return err
	}
	config.Logger = c.workerConfig.Logger
	connection, err := jetstream.Connect(config)
	if err != nil {
		return err
	}
	p.OnClose(connection.Close)
	p.url = config.URL
	p.hub, err = jetstream.Open(ctx, connection, c.hubConfig())
	return err
}

func (c *command) openEmbedded(ctx context.Context, p *place) error {
	server, err := jetstream.StartEmbedded(jetstream.EmbeddedConfig{
		DataDir: c.DataDir, Listen: c.listen, Auth: c.auth, Hub: c.Hub, SyncAlways: c.syncAlways, Logger: c.workerConfig.Logger,
	})
	if errors.Is(err, jetstream.ErrNotLoopback) || errors.Is(err, jetstream.ErrLoginsUnused) {
		return cli.Usagef("%w", err)
	}
	if err != nil {
		return err
	}
	p.OnClose(server.Shutdown)
	p.local = server.IsLocal()
	// The lock of the data directory makes this the only worker of that name. After a crash it
	// need not wait for the leases of the dead worker to run out: they are its own.
	c.workerConfig.ID = "embedded"
	connection, err := server.Connect()
	if err != nil {
		return err
	}
	p.OnClose(connection.Close)
	p.url = server.ClientURL()
	p.hub, err = jetstream.Open(ctx, connection, c.hubConfig())
	return err
}

func (c *command) hubConfig() jetstream.Config {
	return jetstream.Config{Name: c.Hub, MaxBytes: c.maxBytes, Logger: c.workerConfig.Logger}
}
