package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func newReuse(c *command) *cobra.Command {
	return &cobra.Command{
		Use:   "reuse [ended|never]",
		Short: "Show or set whether the ids of ended instances may be used again",
		Long: `Show whether the id of an instance that has ended may be used again, or set it. With
"ended", the default, a start replaces an instance that has ended, and the history of
that instance is gone. With "never" such a start is refused, whatever it asks for and
wherever it comes from. To purge the instance frees its id.`,
		Example: `  instances reuse never`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errors.New("expected at most one policy")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return showReuse(c, cmd)
			}
			policy, known := map[string]client.IDReuse{reuseEnded: client.RefuseLive, reuseNever: client.NeverReuse}[args[0]]
			if !known {
				return cli.Usagef("%q: use %s or %s", args[0], reuseEnded, reuseNever)
			}
			return c.withClient(cmd.Context(), func(to *client.Client) error { return to.Settings().SetIDReuse(cmd.Context(), policy) })
		},
	}
}

// The policies of a hub for the ids of ended instances.
const (
	reuseEnded = "ended"
	reuseNever = "never"
)

func showReuse(c *command, cmd *cobra.Command) error {
	text := reuseEnded
	err := c.withClient(cmd.Context(), func(to *client.Client) error {
		policy, err := to.Settings().IDReuse(cmd.Context())
		if policy == client.NeverReuse {
			text = reuseNever
		}
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON() {
		return cli.PrintJSON(cmd.OutOrStdout(), map[string]string{"reuse": text})
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
	return err
}
