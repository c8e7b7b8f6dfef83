package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

func newTerminate(c *command) *cobra.Command {
	var keepChildren bool
	cmd := newControl(c, "terminate", "End instances from outside, and their children",
		func(to *client.Client, ctx context.Context, id, reason string) error {
			if keepChildren {
				return to.Terminate(ctx, id, reason, client.KeepChildren())
			}
			return to.Terminate(ctx, id, reason)
		})
	cmd.Flags().BoolVar(&keepChildren, "keep-children", false, "let their children run on")
	return cmd
}

func newSuspend(c *command) *cobra.Command {
	return newControl(c, "suspend", "Stop instances until they are resumed; they keep what they receive", (*client.Client).Suspend)
}

func newResume(c *command) *cobra.Command {
	cmd := newControl(c, "resume", "Let suspended instances go on", (*client.Client).Resume)
	cmd.Long = `Let suspended instances go on with the inputs that came in meanwhile. An instance that
is blocked because its code seems to end its worker is tried again, up to three times.`
	return cmd
}

func newRewind(c *command) *cobra.Command {
	cmd := newControl(c, "rewind", "Let failed instances try again from where they failed", (*client.Client).Rewind)
	cmd.Long = `Let failed instances try again from where they failed: the activities and children
that failed run again, the results of the others are kept. An instance that has not
failed is refused, with exit code 1.`
	return cmd
}

type control func(to *client.Client, ctx context.Context, id, reason string) error

func newControl(c *command, name, short string, do control) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   name + " ID...",
		Short: short,
		Args:  someIDs,
		RunE: func(cmd *cobra.Command, ids []string) error {
			return c.withClient(cmd.Context(), func(to *client.Client) error {
				return eachID(ids, func(id string) error { return do(to, cmd.Context(), id, reason) })
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the history")
	return cmd
}

func newRestart(c *command) *cobra.Command {
	var newID bool
	cmd := &cobra.Command{
		Use:   "restart ID",
		Short: "Start an instance again from the beginning, and print its id",
		Long: `Start an instance again from the beginning, with the same orchestrator, version,
tags and input, and print its id. An instance that has not ended is refused, unless
--new-id starts another beside it.`,
		Args: oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			var opts []client.RestartOption
			if newID {
				opts = append(opts, client.WithNewID(""))
			}
			var id string
			err := c.withClient(cmd.Context(), func(to *client.Client) (err error) {
				id, err = to.Restart(cmd.Context(), args[0], opts...)
				return err
			})
			if err != nil {
				return err
			}
			return printID(c, cmd, id)
		},
	}
	cmd.Flags().BoolVar(&newID, "new-id", false, "under a new, random id")
	return cmd
}
