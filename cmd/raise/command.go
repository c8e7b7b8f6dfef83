package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

const long = `Raise an external event on an instance. JSON is the event's payload; "-" reads it
from stdin; without it the event has none. A negative number is a payload like any
other: "raise b1 Temperature -5". The event is stored: it reaches the instance even
if no worker runs now.

With --batch, lines of JSON are read from stdin, one event each:

  {"instance": "b1", "event": "Approval", "data": true, "id": "optional-key"}

A line that cannot be raised is reported, and the batch goes on. If the hub stores
nothing at all, the batch ends at that line.

With --wait the command waits until the event is taken in and, except for a batch, prints
the outcome:

  delivered   a wait has taken it
  buffered    the instance keeps it until its code waits for it
  duplicate   the instance has had an event of that id
  kept        the hub keeps it for an instance to come
  discarded   there is no such instance, or it has ended
  taken in    no more is known: the worker has died, or the time was over

With --keep-for an event for an id without an instance, or whose instance has ended, is
kept for that time, at most 366 days, and handed to the next instance of the id. No more
than 1,000 events are kept for an id, and about 0.7 MB. One more is refused; if a worker
has not yet taken the others in, it is discarded, as --wait tells.

With --blind the command does not look whether there is such an instance, and an event
for none is discarded in silence. It is for logins that may only raise events.

Exit codes: 0 raised, 2 wrong usage or payload, 3 no such instance, 4 the instance has
ended (3 and 4 also for a discarded event), 1 any other error. The exit code of a batch
is that of the first line that failed.`

// command is the raise command with its flags.
type command struct {
	cli.Options
	id      string
	batch   bool
	wait    bool
	blind   bool
	keepFor time.Duration
	timeout cli.Timeout
}

func newCommand() *cobra.Command {
	var c command
	root := &cobra.Command{
		Use:   "raise INSTANCE EVENT [JSON]",
		Short: "Raise an external event on an instance",
		Long:  long,
		Example: `  raise b1 Approval true
  raise b1 Approval '{"by":"jo"}' --id request-17
  raise b1 Approval true --wait --timeout 30s
  raise order-9 Paid --keep-for 24h
  raise --batch < events.jsonl`,
		Args: c.checkArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := c.timeout.Bound(cmd.Context())
			defer cancel()
			if c.batch {
				return c.late(ctx, c.raiseBatch(ctx, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()))
			}
			return c.late(ctx, c.raiseOne(ctx, args, cmd.InOrStdin(), cmd.OutOrStdout()))
		},
	}
	c.Bind(root)
	flags := root.Flags()
	flags.StringVar(&c.id, "id", "", "event id, up to 512 bytes: the same id raised again is one event")
	flags.BoolVar(&c.batch, "batch", false, "read events from stdin, a line of JSON each")
	flags.BoolVar(&c.wait, "wait", false, "wait until the instance has taken the event in, and print what became of it")
	flags.BoolVar(&c.blind, "blind", false, "do not look whether there is such an instance: for a login that may only raise")
	flags.DurationVar(&c.keepFor, "keep-for", 0, "keep the event for so long, such as 24h, if there is no such instance yet")
	c.timeout.AddFlag(flags)
	return root
}

func (c *command) checkArgs(cmd *cobra.Command, args []string) error {
	switch {
	case c.batch && len(args) > 0:
		return errors.New("--batch takes no arguments: events come from stdin")
	case c.batch && c.id != "":
		return errors.New("--batch and --id exclude each other: each line has an id of its own")
	case cmd.Flags().Changed("id") && c.id == "":
		return errors.New("--id is empty: leave it out to raise the event without an id")
	case c.blind && c.wait:
		return errors.New("--blind and --wait exclude each other: to wait takes a look at the instance")
	case c.keepFor < 0:
		return errors.New("--keep-for must not be negative")
	case c.keepFor > hub.MaxKeepAhead:
		return fmt.Errorf("--keep-for %s is too long: at most %s, which is 366 days", c.keepFor, hub.MaxKeepAhead)
	case !c.batch && (len(args) < 2 || len(args) > 3):
		return errors.New("expected INSTANCE EVENT [JSON]")
	}
	return c.timeout.Check()
}

// late adds to an error of the timeout that the timeout was the cause.
func (c *command) late(ctx context.Context, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() == nil {
		return err
	}
	if errors.Is(err, client.ErrInstanceBlocked) {
		return fmt.Errorf("%w: gave up after %s", err, c.timeout)
	}
	if c.wait {
		return fmt.Errorf("no word within %s that the event was taken in: is there a worker? (%w)", c.timeout, err)
	}
	return fmt.Errorf("no word within %s that the event was stored (%w)", c.timeout, err)
}

// event is one event to raise; a line of a batch has this form.
type event struct {
	Instance string          `json:"instance"`
	Event    string          `json:"event"`
	Data     json.RawMessage `json:"data"`
	ID       string          `json:"id"`
}

func (c *command) raiseOne(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	e := event{Instance: args[0], Event: args[1], ID: c.id}
	// Mistakes on the command line are told before the command connects.
	if err := errors.Join(ident.CheckInstance(e.Instance), ident.CheckName("event name", e.Event)); err != nil {
		return err
	}
	if e.ID != "" {
		if err := ident.CheckEvent(e.ID); err != nil {
			return err
		}
	}
	if len(args) == 3 {
		var err error
		if e.Data, err = cli.Payload("payload", args[2], stdin); err != nil {
			return err
		}
	}
	var outcome client.Outcome
	err := c.withClient(ctx, func(to *client.Client) (err error) {
		outcome, err = c.raise(ctx, to, e)
		return err
	})
	if err != nil && outcome != client.Discarded {
		return err
	}
	return errors.Join(err, c.printRaised(stdout, e, outcome))
}

// raised is the output for an event in JSON.
type raised struct {
	Instance string         `json:"instance"`
	Event    string         `json:"event"`
	ID       string         `json:"id,omitempty"`
	Outcome  client.Outcome `json:"outcome,omitempty"`
}

// takenIn is printed for an event that was taken in if no more is known.
const takenIn client.Outcome = "taken in"

// printRaised prints the outcome of an event, if --wait or JSON asks for it.
func (c *command) printRaised(stdout io.Writer, e event, outcome client.Outcome) error {
	if c.wait && outcome == "" {
		outcome = takenIn
	}
	if c.JSON() {
		return cli.PrintJSON(stdout, raised{Instance: e.Instance, Event: e.Event, ID: e.ID, Outcome: outcome})
	}
	if !c.wait {
		return nil
	}
	_, err := fmt.Fprintln(stdout, outcome)
	return err
}

// withClient connects, calls do, and disconnects.
func (c *command) withClient(ctx context.Context, do func(*client.Client) error) error {
	if c.blind {
		return c.WithBlindClient(ctx, "dormouse raise", do)
	}
	return c.WithClient(ctx, "dormouse raise", do)
}

// raise raises an event and returns its outcome, empty without --wait.
func (c *command) raise(ctx context.Context, to *client.Client, e event) (client.Outcome, error) {
	opts := []client.RaiseOption{client.WithEventID(e.ID), client.WithKeepFor(c.keepFor)}
	if c.blind {
		opts = append(opts, client.WithoutLooking())
	}
	if c.wait {
		return to.RaiseWithReceipt(ctx, e.Instance, e.Event, e.Data, opts...)
	}
	return "", to.Raise(ctx, e.Instance, e.Event, e.Data, opts...)
}
