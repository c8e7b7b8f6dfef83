package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// listing is the list command with its flags.
type listing struct {
	*command
	filter   client.Filter
	status   []string
	from, to string
}

func (c *command) listCommand() *cobra.Command {
	l := listing{command: c}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List instances, those that changed last at the end",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return l.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&l.status, "status", nil, "only these statuses, such as Running,Pending")
	flags.StringVar(&l.filter.Name, "name", "", "only instances of this orchestrator")
	flags.StringVar(&l.filter.IDPrefix, "prefix", "", "only ids that begin with this")
	flags.StringVar(&l.from, "created-from", "", "only those created since: a time (RFC 3339) or how long ago (2h)")
	flags.StringVar(&l.to, "created-to", "", "only those created until: a time (RFC 3339) or how long ago (2h)")
	flags.IntVar(&l.filter.Limit, "limit", client.DefaultLimit, "how many at most")
	flags.StringVar(&l.filter.Token, "token", "", "go on where the page before has ended")
	return cmd
}

func (l *listing) run(cmd *cobra.Command) error {
	if err := l.parse(time.Now()); err != nil {
		return err
	}
	return l.withClient(cmd.Context(), func(to *client.Client) error {
		page, err := to.List(cmd.Context(), l.filter)
		if err != nil {
			return err
		}
		if l.JSON() {
			return cli.PrintJSON(cmd.OutOrStdout(), newPagePayload(page))
		}
		if err := printTable(cmd.OutOrStdout(), page.Instances, time.Now()); err != nil {
			return err
		}
		if page.Next != "" {
			fmt.Fprintf(cmd.ErrOrStderr(), "there are more: --token %s\n", page.Next)
		}
		return nil
	})
}

// parse fills the filter from the flags.
func (l *listing) parse(now time.Time) (err error) {
	if l.filter.Limit < 1 {
		return cli.Usagef("--limit %d: at least 1", l.filter.Limit)
	}
	for _, name := range l.status {
		status, err := client.ParseStatus(name)
		if err != nil {
			return cli.Usagef("--status: %w", err)
		}
		l.filter.Status = append(l.filter.Status, status)
	}
	if l.filter.CreatedFrom, err = parseTime("--created-from", l.from, now); err != nil {
		return err
	}
	l.filter.CreatedTo, err = parseTime("--created-to", l.to, now)
	return err
}

// parseTime reads a time, or a duration before now. Nothing is the zero time.
func parseTime(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	ago, err := time.ParseDuration(text)
	if err != nil {
		return time.Time{}, cli.Usagef("%s %q: use a time such as 2006-01-02T15:04:05Z, or a duration such as 2h", flag, text)
	}
	return now.Add(-ago), nil
}

func printTable(w io.Writer, instances []client.Summary, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tORCHESTRATOR\tSTATUS\tCREATED\tUPDATED")
	for _, s := range instances {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", s.Instance, s.Name, s.Status, relative(s.Created.Sub(now)), relative(s.Updated.Sub(now)))
	}
	return table.Flush()
}

// pagePayload is a page of a listing in JSON.
type pagePayload struct {
	Instances []summaryPayload `json:"instances"`
	Next      string           `json:"next,omitempty"`
}

type summaryPayload struct {
	Name            string    `json:"name"`
	InstanceID      string    `json:"instanceId"`
	RuntimeStatus   string    `json:"runtimeStatus"`
	CreatedTime     time.Time `json:"createdTime"`
	LastUpdatedTime time.Time `json:"lastUpdatedTime"`
}

func newPagePayload(page client.Page) pagePayload {
	p := pagePayload{Instances: make([]summaryPayload, 0, len(page.Instances)), Next: page.Next}
	for _, s := range page.Instances {
		p.Instances = append(p.Instances, summaryPayload{
			Name: s.Name, InstanceID: s.Instance, RuntimeStatus: s.Status.String(),
			CreatedTime: s.Created.UTC(), LastUpdatedTime: s.Updated.UTC(),
		})
	}
	return p
}
