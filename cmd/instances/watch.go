package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

const watchLong = `Show an instance, or the list of instances, and each change. On a terminal the picture
is kept up to date; elsewhere each change is a line, with --output json a line of JSON.

The present state comes first. The watch of an instance ends with the instance, the
watch of the list by Ctrl-C. Changes that come faster than they are read are shown as
one. Purged instances are not shown.`

// watching is the watch command with its flags.
type watching struct {
	*command
	filter filtering
	rows   int
}

func newWatch(c *command) *cobra.Command {
	w := watching{command: c}
	cmd := &cobra.Command{
		Use:   "watch [ID]",
		Short: "Show an instance, or all, as they change",
		Long:  watchLong,
		Example: `  instances watch b1
  instances watch --status Running --tag team=red
  instances watch --output json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			for _, flag := range append(w.filter.given(), cmd.Flags().Lookup("rows")) {
				if flag.Changed {
					return fmt.Errorf("an instance id and --%s exclude each other", flag.Name)
				}
			}
			return oneID(cmd, args)
		},
		RunE: w.run,
	}
	w.filter.bind(cmd)
	cmd.Flags().IntVar(&w.rows, "rows", 20, "how many instances a terminal shows: those that changed last")
	return cmd
}

func (w *watching) run(cmd *cobra.Command, args []string) error {
	if err := w.filter.parse(); err != nil {
		return err
	}
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	isLive := !w.JSON() && isTerminal(out)
	err := w.withClient(ctx, func(to *client.Client) error {
		if err := w.filter.parseTimes(to.Now(ctx)); err != nil {
			return err
		}
		switch {
		case len(args) == 1 && isLive:
			return showInstance(ctx, to, &screen{w: out}, args[0])
		case len(args) == 1:
			return w.logInstance(ctx, to, out, args[0])
		case isLive:
			return showList(ctx, to, &screen{w: out}, w.filter.Filter, w.rows)
		}
		return w.logList(ctx, to, out)
	})
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // Ctrl-C is how a watch ends
	}
	return err
}

// logInstance writes a line for each change of an instance.
func (w *watching) logInstance(ctx context.Context, to *client.Client, out io.Writer, id string) error {
	for i, err := range to.Watch(ctx, id) {
		if err != nil {
			return err
		}
		if err := w.log(out, jsonview.NewStatus(i), instanceLine(i)); err != nil {
			return err
		}
	}
	return nil
}

// logList writes a line for each instance that the filter chooses, and for each of
// their changes.
func (w *watching) logList(ctx context.Context, to *client.Client, out io.Writer) error {
	for changed, err := range to.WatchList(ctx, w.filter.Filter) {
		if err != nil {
			return err
		}
		for _, s := range changed {
			if err := w.log(out, newSummaryPayload(s), summaryLine(s)); err != nil {
				return err
			}
		}
	}
	return nil
}

// log writes a line of text or JSON.
func (w *watching) log(out io.Writer, payload any, line string) error {
	if w.JSON() {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(payload)
	}
	_, err := fmt.Fprintln(out, line)
	return err
}

// stamp returns the time of a change.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000Z") }

func summaryLine(s client.Summary) string {
	line := fmt.Sprintf("%s  %s  %s  %s", stamp(s.Updated), s.Instance, s.Name, s.Status)
	if len(s.Tags) > 0 {
		line += "  " + tagText(s.Tags, " ")
	}
	return line
}

// instanceLine returns how an instance is, on one line.
func instanceLine(i *client.Instance) string {
	line := fmt.Sprintf("%s  %s", stamp(i.Updated), i.Status)
	add := func(label, text string) {
		if text != "" {
			line += "  " + label + text
		}
	}
	add("", compact(i.CustomStatus))
	add("blocked: ", strings.ReplaceAll(i.Blocked, "\n", "; "))
	add("waiting for ", waitLine(i.Waits))
	add("output: ", compact(i.Output))
	if i.Failure != nil {
		add("failure: ", fmt.Sprintf("%s: %q", i.Failure.Type, i.Failure.Message))
	}
	return line
}

// waitLine returns what an instance waits for.
func waitLine(waits []client.Wait) string {
	all := make([]string, len(waits))
	for i, w := range waits {
		all[i] = awaited(w)
	}
	return strings.Join(all, ", ")
}
