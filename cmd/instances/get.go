package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func (c *command) getCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "get ID",
		Short: "Show how an instance is and what it waits for",
		Args:  oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withClient(cmd.Context(), func(to *client.Client) error {
				instance, err := to.Get(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if c.JSON() {
					return cli.PrintJSON(cmd.OutOrStdout(), instance.StatusPayload())
				}
				return printInstance(cmd.OutOrStdout(), instance, time.Now())
			})
		},
	}
}
