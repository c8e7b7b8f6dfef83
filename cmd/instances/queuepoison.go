package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func newQueueRedrive(c *command) *cobra.Command {
	return &cobra.Command{
		Use:   "redrive QUEUE [NUMBER...]",
		Short: "Put poisoned messages back into their queue",
		Long: `Put messages from the poison queue back into their queue, to be delivered anew: those of
the numbers that peek --poison shows, or all that are there now.`,
		Example: `  instances queue peek approval-queue --poison
  instances queue redrive approval-queue`,
		Args: queueAndNumbers,
		RunE: func(cmd *cobra.Command, args []string) error {
			numbers, err := parseNumbers(args[1:])
			if err != nil {
				return err
			}
			moved := 0
			err = c.withClient(cmd.Context(), func(to *client.Client) (err error) {
				moved, err = to.Queues().RedrivePoison(cmd.Context(), args[0], numbers...)
				return err
			})
			return errors.Join(err, printDone(c, cmd, err, "redriven", "messagesRedriven", moved))
		},
	}
}

func newQueuePurge(c *command) *cobra.Command {
	var poison, yes bool
	cmd := &cobra.Command{
		Use:   "purge QUEUE --yes | purge QUEUE --poison [NUMBER...] --yes",
		Short: "Remove messages of a queue for good",
		Long: `Remove all messages that wait in a queue for good, or with --poison those in its poison
queue: those of the numbers, or all. Nothing is removed without --yes.`,
		Args: queueAndNumbers,
		RunE: func(cmd *cobra.Command, args []string) error {
			numbers, err := parseNumbers(args[1:])
			switch {
			case err != nil:
				return err
			case !poison && len(numbers) > 0:
				return cli.Usagef("numbers go with --poison: only poisoned messages can be removed one by one")
			case !yes:
				return cli.Usagef("what is purged is gone for good: give --yes if that is meant")
			}
			purged := 0
			err = c.withClient(cmd.Context(), func(to *client.Client) (err error) {
				if poison {
					purged, err = to.Queues().PurgePoison(cmd.Context(), args[0], numbers...)
				} else {
					purged, err = to.Queues().Purge(cmd.Context(), args[0])
				}
				return err
			})
			return errors.Join(err, printDone(c, cmd, err, "purged", "messagesPurged", purged))
		},
	}
	cmd.Flags().BoolVar(&poison, "poison", false, "from the poison queue")
	cmd.Flags().BoolVar(&yes, "yes", false, "remove them")
	return cmd
}

// printDone prints how many messages were redriven or purged, even if the command was
// interrupted.
func printDone(c *command, cmd *cobra.Command, brokenOff error, done, key string, n int) error {
	if brokenOff != nil && n == 0 {
		return nil
	}
	if c.JSON() {
		return cli.PrintJSON(cmd.OutOrStdout(), map[string]int{key: n})
	}
	what := "messages"
	if n == 1 {
		what = "message"
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %d %s\n", done, n, what)
	return err
}
