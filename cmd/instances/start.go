package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

const startLong = `Start an instance of the orchestrator called NAME and print its id.

The id of an instance that has ended may be used again; the id of a live instance is
refused. --reuse never refuses both. --reuse terminate ends the live instance and its
children, and waits until a worker has put the new one in its place. --timeout bounds
the wait; the next worker does it all the same.

With --raise the event is raised on the instance, which is started first if it is not
live. Both is one message.`

// starting is the start command with its flags.
type starting struct {
	*command
	id, input, at, reuse, version, raise string
	after                                time.Duration
	timeout                              cli.Timeout
	tags                                 []string

	data    json.RawMessage
	event   string
	payload json.RawMessage
	options []client.StartOption
}

func newStart(c *command) *cobra.Command {
	s := starting{command: c}
	cmd := &cobra.Command{
		Use:   "start NAME",
		Short: "Start an instance of an orchestrator and print its id",
		Long:  startLong,
		Example: `  instances start BudgetApproval --id b1 --input '{"amount":100}'
  instances start BudgetApproval --tag team=red --after 1h
  instances start BudgetApproval --id b1 --raise Approval=true`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("expected the name of an orchestrator")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.id, "id", "", "id of the new instance (default a random one)")
	flags.StringVar(&s.input, "input", "", "input as JSON, or - to read it from stdin; without it there is none")
	flags.StringArrayVar(&s.tags, "tag", nil, "label the instance, KEY=VALUE; may be repeated")
	flags.StringVar(&s.at, "at", "", "when it is to start, a time (RFC 3339) at most ten years ahead")
	flags.DurationVar(&s.after, "after", 0, "after how long it is to start, such as 1h30m")
	flags.StringVar(&s.version, "version", "", "version of the orchestrator (default the newest)")
	flags.StringVar(&s.reuse, "reuse", client.RefuseLive.String(), "where the id is in use: refuse if live, never, or terminate")
	s.timeout.AddFlag(flags)
	flags.StringVar(&s.raise, "raise", "", "event to raise on it, EVENT or EVENT=JSON, or EVENT=- to read the JSON from stdin")
	return cmd
}

func (s *starting) run(cmd *cobra.Command, name string) error {
	if err := s.parse(cmd, name); err != nil {
		return err
	}
	var id string
	err := s.withClient(cmd.Context(), func(to *client.Client) (err error) {
		id, err = s.start(cmd.Context(), to, name)
		return err
	})
	if err != nil {
		return err
	}
	return printID(s.command, cmd, id)
}

func (s *starting) start(ctx context.Context, to *client.Client, name string) (id string, err error) {
	ctx, cancel := s.timeout.Bound(ctx)
	defer cancel()
	if s.event != "" {
		id, err = to.StartWithEvent(ctx, name, s.data, s.event, s.payload, s.options...)
	} else {
		id, err = to.Start(ctx, name, s.data, s.options...)
	}
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
		err = fmt.Errorf("no word within %s that it has started: is there a worker? (%w)", s.timeout, err)
	}
	return id, err
}

// printID prints the id of a new instance.
func printID(c *command, cmd *cobra.Command, id string) error {
	if c.JSON() {
		return cli.PrintJSON(cmd.OutOrStdout(), map[string]string{"id": id})
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), id)
	return err
}

// parse reads the flags, so that mistakes are told before the command connects.
func (s *starting) parse(cmd *cobra.Command, name string) (err error) {
	if err := ident.CheckName("orchestrator name", name); err != nil {
		return err
	}
	if err := s.timeout.Check(); err != nil {
		return cli.Usagef("%w", err)
	}
	if cmd.Flags().Changed("id") {
		if err := ident.CheckInstance(s.id); err != nil {
			return err
		}
	}
	if cmd.Flags().Changed("input") {
		if s.data, err = cli.Payload("input", s.input, cmd.InOrStdin()); err != nil {
			return err
		}
	}
	tags, err := parseTags(s.tags)
	if err != nil {
		return err
	}
	reuse, err := client.ParseIDReuse(s.reuse)
	if err != nil {
		return cli.Usagef("--reuse: %w", err)
	}
	s.options = []client.StartOption{
		client.WithInstanceID(s.id), client.WithTags(tags), client.WithOrchestratorVersion(s.version), client.WithIDReuse(reuse),
	}
	if err := s.parseTime(cmd); err != nil {
		return err
	}
	return s.parseEvent(cmd, reuse)
}

func (s *starting) parseTime(cmd *cobra.Command) error {
	flags := cmd.Flags()
	switch {
	case flags.Changed("at") && flags.Changed("after"):
		return cli.Usagef("--at and --after exclude each other")
	case flags.Changed("at"):
		at, err := time.Parse(time.RFC3339, s.at)
		if err != nil {
			return cli.Usagef("--at %q: use a time such as 2006-01-02T15:04:05Z", s.at)
		}
		s.options = append(s.options, client.WithStartAt(at))
		return hub.Message{Verb: hub.VerbStart, StartAt: at}.CheckAhead(time.Now())
	case s.after < 0:
		return cli.Usagef("--after %s: at least 0", s.after)
	case s.after > hub.MaxStartAhead:
		return cli.Usagef("--after %s is too long: at most %s, which is ten years", s.after, hub.MaxStartAhead)
	case s.after > 0:
		s.options = append(s.options, client.WithStartAfter(s.after))
	}
	return nil
}

func (s *starting) parseEvent(cmd *cobra.Command, reuse client.IDReuse) error {
	if !cmd.Flags().Changed("raise") {
		return nil
	}
	if reuse != client.RefuseLive {
		return cli.Usagef("--raise and --reuse %s exclude each other: the event is raised where the instance is live", reuse)
	}
	event, payload, found := strings.Cut(s.raise, "=")
	if err := ident.CheckName("event name", event); err != nil {
		return err
	}
	if payload == "-" && s.input == "-" {
		return cli.Usagef("--input and --raise cannot both be read from stdin")
	}
	s.event = event
	if !found {
		return nil
	}
	var err error
	s.payload, err = cli.Payload("payload", payload, cmd.InOrStdin())
	return err
}

// parseTags reads tags as they are given on the command line, KEY=VALUE each.
func parseTags(given []string) (client.Tags, error) {
	if len(given) == 0 {
		return nil, nil
	}
	tags := client.Tags{}
	for _, text := range given {
		key, value, found := strings.Cut(text, "=")
		if !found {
			return nil, cli.Usagef("--tag %q: use KEY=VALUE", text)
		}
		tags[key] = value
	}
	return tags, tags.Check()
}
