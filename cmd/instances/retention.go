package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func newRetention(c *command) *cobra.Command {
	return &cobra.Command{
		Use:   "retention [DURATION]",
		Short: "Show or set for how long ended instances are kept",
		Long: `Show for how long the hub keeps instances that have ended, or set it: workers purge
what ended longer ago, from time to time. 0 keeps them for ever, as does a hub that
was told nothing.`,
		Example: `  instances retention 720h`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errors.New("expected at most one duration")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return showRetention(c, cmd)
			}
			d, err := time.ParseDuration(args[0])
			if err != nil || d < 0 {
				return cli.Usagef("%q: use a duration such as 720h, or 0 for ever", args[0])
			}
			return c.withClient(cmd.Context(), func(to *client.Client) error { return to.Settings().SetRetention(cmd.Context(), d) })
		},
	}
}

func showRetention(c *command, cmd *cobra.Command) error {
	var d time.Duration
	err := c.withClient(cmd.Context(), func(to *client.Client) (err error) {
		d, err = to.Settings().Retention(cmd.Context())
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON() {
		return cli.PrintJSON(cmd.OutOrStdout(), map[string]string{"retention": d.String()})
	}
	text := d.String()
	if d == 0 {
		text = "for ever"
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
	return err
}
