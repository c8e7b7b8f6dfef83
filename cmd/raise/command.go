package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

const long = `Raise an external event on an instance. JSON is the event's payload; "-" reads it
from stdin; without it the event has none. The event is stored: it reaches the
instance even if no worker runs now.

With --batch, lines of JSON are read from stdin, one event each:

  {"instance": "b1", "event": "Approval", "data": true, "id": "optional-key"}

A line that cannot be raised is reported and does not keep the others back.

Exit codes: 0 raised, 2 wrong usage or payload, 3 no such instance, 4 the instance
has ended, 1 anything else. For a batch, that of the first line which failed.`

// command is the raise command with its flags.
type command struct {
	cli.Options
	id      string
	batch   bool
	wait    bool
	timeout time.Duration
}

func newCommand() *cobra.Command {
	var c command
	root := &cobra.Command{
		Use:   "raise INSTANCE EVENT [JSON]",
		Short: "Raise an external event on an instance",
		Long:  long,
		Example: `  raise b1 Approval true
  raise b1 Approval '{"by":"jo"}' --id request-17
  raise --batch < events.jsonl`,
		Args: c.checkArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := c.bound(cmd.Context())
			defer cancel()
			if c.batch {
				return c.raiseBatch(ctx, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			return c.raiseOne(ctx, args, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	c.Bind(root)
	flags := root.Flags()
	flags.StringVar(&c.id, "id", "", "event id: the same id raised again is one event")
	flags.BoolVar(&c.batch, "batch", false, "read events from stdin, a line of JSON each")
	flags.BoolVar(&c.wait, "wait", false, "return when the instance has taken the event in")
	flags.DurationVar(&c.timeout, "timeout", 0, "give up after this time, such as 30s (0: never)")
	return root
}

func (c *command) checkArgs(_ *cobra.Command, args []string) error {
	switch {
	case c.batch && len(args) > 0:
		return errors.New("--batch takes no arguments: events come from stdin")
	case c.batch && c.id != "":
		return errors.New("--batch and --id exclude each other: each line has an id of its own")
	case !c.batch && (len(args) < 2 || len(args) > 3):
		return errors.New("expected INSTANCE EVENT [JSON]")
	}
	return nil
}

// bound limits ctx to the timeout, if one is set.
func (c *command) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.timeout)
}

// event is one event to raise, as a line of a batch has it.
type event struct {
	Instance string          `json:"instance"`
	Event    string          `json:"event"`
	Data     json.RawMessage `json:"data"`
	ID       string          `json:"id"`
}

func (c *command) raiseOne(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	e := event{Instance: args[0], Event: args[1], ID: c.id}
	// What is wrong on the command line is said before anything is connected.
	if err := errors.Join(history.CheckInstanceID(e.Instance), history.CheckName("event name", e.Event)); err != nil {
		return err
	}
	if len(args) == 3 {
		var err error
		if e.Data, err = cli.Payload("payload", args[2], stdin); err != nil {
			return err
		}
	}
	err := c.WithClient(ctx, "dormouse raise", func(to *client.Client) error { return c.raise(ctx, to, e) })
	if err != nil || !c.JSON() {
		return err
	}
	return cli.PrintJSON(stdout, raised{Instance: e.Instance, Event: e.Event, ID: e.ID})
}

// raised is what is printed of an event that was raised.
type raised struct {
	Instance string `json:"instance"`
	Event    string `json:"event"`
	ID       string `json:"id,omitempty"`
}

func (c *command) raise(ctx context.Context, to *client.Client, e event) error {
	opts := []client.RaiseOption{client.WithEventID(e.ID)}
	if c.wait {
		opts = append(opts, client.WithReceipt())
	}
	return to.Raise(ctx, e.Instance, e.Event, e.Data, opts...)
}
