package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

const long = `Start instances of orchestrators, show how they are, and end them.

A command that takes several ids goes on after an id that is refused. The exit code is
that of the first refusal.

Exit codes: 0 success, 2 wrong usage or payload, 3 no such instance, 4 the instance
has ended, 1 anything else.`

// command has the flags that all subcommands share.
type command struct {
	cli.Options
}

func newCommand() *cobra.Command {
	c := &command{}
	root := &cobra.Command{
		Use:   "instances",
		Short: "Start, show and end instances",
		Long:  long,
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return cli.Usagef("which command? See instances --help")
		},
	}
	c.Bind(root)
	root.AddCommand(
		newStart(c), newGet(c), newWait(c), newWatch(c), newList(c), newHistory(c),
		newTerminate(c), newSuspend(c), newResume(c), newRewind(c), newRestart(c), newPurge(c),
		newRetention(c), newReuse(c), newQueue(c), newLink(c),
	)
	return root
}

// withClient connects, calls do, and disconnects.
func (c *command) withClient(ctx context.Context, do func(*client.Client) error) error {
	return c.WithClient(ctx, "dormouse instances", do)
}

// oneID accepts exactly one argument, an instance id.
func oneID(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("expected one instance id")
	}
	return ident.CheckInstance(args[0])
}

// someIDs accepts one or more instance ids.
func someIDs(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("expected one or more instance ids")
	}
	for _, id := range args {
		if err := ident.CheckInstance(id); err != nil {
			return err
		}
	}
	return nil
}
