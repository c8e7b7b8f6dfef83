package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

func (c *command) terminateCommand() *cobra.Command {
	return c.controlCommand("terminate", "End instances from outside", (*client.Client).Terminate)
}

func (c *command) suspendCommand() *cobra.Command {
	return c.controlCommand("suspend", "Stop instances until they are resumed; they keep what they receive", (*client.Client).Suspend)
}

func (c *command) resumeCommand() *cobra.Command {
	return c.controlCommand("resume", "Let suspended instances go on", (*client.Client).Resume)
}

type control func(to *client.Client, ctx context.Context, id, reason string) error

func (c *command) controlCommand(name, short string, do control) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   name + " ID...",
		Short: short,
		Args:  someIDs,
		RunE: func(cmd *cobra.Command, ids []string) error {
			return c.withClient(cmd.Context(), func(to *client.Client) error {
				for _, id := range ids {
					if err := do(to, cmd.Context(), id, reason); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the history")
	return cmd
}

func (c *command) purgeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "purge ID...",
		Short: "Remove ended instances and their history for good",
		Args:  someIDs,
		RunE: func(cmd *cobra.Command, ids []string) error {
			return c.withClient(cmd.Context(), func(to *client.Client) error {
				for _, id := range ids {
					if err := to.Purge(cmd.Context(), id); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}
