package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func newWait(c *command) *cobra.Command {
	var timeout cli.Timeout
	cmd := &cobra.Command{
		Use:   "wait ID",
		Short: "Wait until an instance has ended and print its output",
		Long: `Wait until an instance has ended and print its output. If it has not completed
but failed or was terminated, say why and exit 1.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := timeout.Check(); err != nil {
				return err
			}
			return oneID(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withClient(cmd.Context(), func(to *client.Client) error {
				return waitFor(c, cmd, to, args[0], timeout)
			})
		},
	}
	timeout.AddFlag(cmd.Flags())
	return cmd
}

func waitFor(c *command, cmd *cobra.Command, to *client.Client, id string, timeout cli.Timeout) error {
	ctx, cancel := timeout.Bound(cmd.Context())
	defer cancel()
	instance, err := to.Wait(ctx, id)
	if errors.Is(err, context.DeadlineExceeded) {
		return stillThere(cmd.Context(), to, id, timeout)
	}
	if err != nil {
		return err
	}
	if c.JSON() {
		if err := cli.PrintJSON(cmd.OutOrStdout(), jsonview.NewStatus(instance)); err != nil {
			return err
		}
	} else if instance.Status == client.Completed {
		if err := printOutput(cmd.OutOrStdout(), instance.Output); err != nil {
			return err
		}
	}
	return outcome(instance)
}

// stillThere returns the error for an instance that has not ended in time: its status and what
// it waits for.
func stillThere(ctx context.Context, to *client.Client, id string, timeout cli.Timeout) error {
	instance, err := to.Get(ctx, id)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("instance %q is still %s after %s", id, instance.Status, timeout)
	switch {
	case instance.Blocked != "":
		text += ", blocked: " + instance.Blocked
	case len(instance.Waits) > 0:
		text += ", waiting for " + wait(instance.Waits[0], to.Now(ctx))
	}
	return errors.New(text)
}

func printOutput(w io.Writer, output json.RawMessage) error {
	if output == nil {
		output = json.RawMessage("null")
	}
	_, err := fmt.Fprintln(w, compact(output))
	return err
}

// outcome returns an error unless the instance has completed.
func outcome(i *client.Instance) error {
	switch {
	case i.Status == client.Completed:
		return nil
	case i.Failure != nil:
		return fmt.Errorf("instance %q %s: %s", i.ID, i.Status, i.Failure.Message)
	case len(i.Output) > 0:
		return fmt.Errorf("instance %q %s: %s", i.ID, i.Status, compact(i.Output))
	}
	return fmt.Errorf("instance %q %s", i.ID, i.Status)
}
