package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// listing is the list command with its flags.
type listing struct {
	*command
	filter filtering
}

func newList(c *command) *cobra.Command {
	l := listing{command: c}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List instances, those that changed last at the end",
		Args:  cli.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return l.run(cmd) },
	}
	l.filter.bind(cmd, l.filter.bindTimes)
	flags := cmd.Flags()
	flags.IntVar(&l.filter.Limit, "limit", client.DefaultLimit, "how many at most")
	flags.StringVar(&l.filter.Token, "token", "", "go on where the page before has ended")
	return cmd
}

func (l *listing) run(cmd *cobra.Command) error {
	if l.filter.Limit < 1 {
		return cli.Usagef("--limit %d: at least 1", l.filter.Limit)
	}
	if err := l.filter.parse(); err != nil {
		return err
	}
	return l.withClient(cmd.Context(), func(to *client.Client) error {
		now := to.Now(cmd.Context())
		if err := l.filter.parseTimes(now); err != nil {
			return err
		}
		page, err := to.List(cmd.Context(), l.filter.Filter)
		if err != nil {
			return err
		}
		if l.JSON() {
			return cli.PrintJSON(cmd.OutOrStdout(), newPagePayload(page))
		}
		if err := printTable(cmd.OutOrStdout(), page.Instances, now); err != nil {
			return err
		}
		if page.Next != "" {
			fmt.Fprintf(cmd.ErrOrStderr(), "there are more: --token %s\n", page.Next)
		}
		return nil
	})
}

// printTable writes instances as a table, with their tags if any has some.
func printTable(w io.Writer, instances []client.Summary, now time.Time) error {
	tagged := slices.ContainsFunc(instances, func(s client.Summary) bool { return len(s.Tags) > 0 })
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(last string, cells ...string) {
		if tagged {
			cells = append(cells, last)
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	row("TAGS", "ID", "ORCHESTRATOR", "STATUS", "CREATED", "UPDATED")
	for _, s := range instances {
		status := s.Status.String()
		if s.Blocked != "" {
			status += ", blocked"
		}
		row(tagText(s.Tags, " "), s.Instance, s.Name, status, ago(s.Created, now), ago(s.Updated, now))
	}
	return table.Flush()
}

// ago returns how long ago a time was, and a question mark if it is not known.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "?"
	}
	return relative(t.Sub(now))
}

// tagText returns tags as text, sorted by their keys.
func tagText(tags client.Tags, separator string) string {
	var all []string
	for _, key := range tags.Keys() {
		all = append(all, key+"="+tags[key])
	}
	return strings.Join(all, separator)
}

// pagePayload is a page of a listing in JSON.
type pagePayload struct {
	Instances []summaryPayload `json:"instances"`
	Next      string           `json:"next,omitempty"`
}

// summaryPayload is an instance of a listing in JSON. Its times are to the second, as those of
// [jsonview.Status] are.
type summaryPayload struct {
	Name            string      `json:"name"`
	InstanceID      string      `json:"instanceId"`
	RuntimeStatus   string      `json:"runtimeStatus"`
	CreatedTime     time.Time   `json:"createdTime"`
	LastUpdatedTime time.Time   `json:"lastUpdatedTime"`
	Tags            client.Tags `json:"tags,omitempty"`
	Blocked         string      `json:"blocked,omitempty"`
}

func newPagePayload(page client.Page) pagePayload {
	p := pagePayload{Instances: make([]summaryPayload, 0, len(page.Instances)), Next: page.Next}
	for _, s := range page.Instances {
		p.Instances = append(p.Instances, newSummaryPayload(s))
	}
	return p
}

func newSummaryPayload(s client.Summary) summaryPayload {
	return summaryPayload{
		Name: s.Name, InstanceID: s.Instance, RuntimeStatus: s.Status.String(),
		CreatedTime: s.Created.UTC().Truncate(time.Second), LastUpdatedTime: s.Updated.UTC().Truncate(time.Second), Tags: s.Tags,
		Blocked: s.Blocked,
	}
}
