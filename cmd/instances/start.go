package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func (c *command) startCommand() *cobra.Command {
	var id, input string
	cmd := &cobra.Command{
		Use:   "start NAME",
		Short: "Start an instance of an orchestrator and print its id",
		Long: `Start an instance of the orchestrator called NAME and print its id. The id of an
instance that has ended may be used again, that of a live one is refused.`,
		Example: `  instances start BudgetApproval --id b1 --input '{"amount":100}'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("expected the name of an orchestrator")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.start(cmd, args[0], id, input)
		},
	}
	cmd.Flags().StringVar(&id, "id", "", "id of the new instance (default a random one)")
	cmd.Flags().StringVar(&input, "input", "", "input as JSON, or - to read it from stdin")
	return cmd
}

func (c *command) start(cmd *cobra.Command, name, id, input string) error {
	data, err := cli.Payload("input", input, cmd.InOrStdin())
	if err != nil {
		return err
	}
	if err := history.CheckName("orchestrator name", name); err != nil {
		return err
	}
	if cmd.Flags().Changed("id") {
		if err := history.CheckInstanceID(id); err != nil {
			return err
		}
	}
	err = c.withClient(cmd.Context(), func(to *client.Client) error {
		id, err = to.Start(cmd.Context(), name, data, client.WithInstanceID(id))
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON() {
		return cli.PrintJSON(cmd.OutOrStdout(), map[string]string{"id": id})
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), id)
	return err
}
