package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func newHistory(c *command) *cobra.Command {
	return &cobra.Command{
		Use:   "history ID",
		Short: "Show what happened to an instance, oldest first",
		Long: `Show what happened to an instance, oldest first. What the orchestrator decided is
indented below the input that made it decide.`,
		Args: oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withClient(cmd.Context(), func(to *client.Client) error {
				events, err := to.History(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if c.JSON() {
					return cli.PrintJSON(cmd.OutOrStdout(), jsonview.NewEvents(events))
				}
				return printEvents(cmd.OutOrStdout(), events)
			})
		},
	}
}

func printEvents(w io.Writer, events []client.Event) error {
	for _, e := range events {
		margin := ""
		if e.Kind.IsDecision() {
			margin = "  "
		}
		line := fmt.Sprintf("%s  %s%s%s", e.Time.UTC().Format("2006-01-02 15:04:05.000Z"), margin, e, details(e))
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// details returns the fields of an event as text.
func details(e client.Event) string {
	text := ""
	if len(e.Data) > 0 {
		text += " " + compact(e.Data)
	}
	text += manner(e)
	if !e.Due.IsZero() {
		text += " due " + e.Due.UTC().Format("2006-01-02 15:04:05.000Z")
	}
	if e.Failure != nil {
		text += fmt.Sprintf(" %s: %q", e.Failure.Type, e.Failure.Message)
	}
	return text
}

// manner returns the fields that only some kinds have.
func manner(e client.Event) string {
	switch e.Kind {
	case history.EventRaised:
		return prefixed(" id=", e.ID)
	case history.ExecutionStarted, history.ExecutionDelayed:
		return prefixed(" version ", e.Version)
	case history.ChildTerminated:
		return fmt.Sprintf(" to instance %q", e.Instance)
	case history.TaskScheduled, history.TaskRewound:
		text := ""
		if e.Attempt > 1 {
			text += fmt.Sprintf(" attempt %d", e.Attempt)
		}
		if e.Timeout > 0 {
			text += fmt.Sprintf(" timeout %s", e.Timeout)
		}
		return text
	}
	return ""
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
