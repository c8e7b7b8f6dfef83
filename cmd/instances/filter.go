package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// filtering is a filter, and the flags it is made of.
type filtering struct {
	client.Filter
	status, tags           []string
	createdFrom, createdTo string
	updatedFrom, updatedTo string
}

// bind gives a command the flags that choose instances by what they are.
func (f *filtering) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.status, "status", nil, "only these statuses, such as Running,Pending")
	flags.StringVar(&f.Name, "name", "", "only instances of this orchestrator")
	flags.StringVar(&f.IDPrefix, "prefix", "", "only ids that begin with this")
	flags.StringArrayVar(&f.tags, "tag", nil, "only instances with this tag, KEY=VALUE; may be repeated")
}

// bindTimes gives a command the flags that choose instances by when they were.
func (f *filtering) bindTimes(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.createdFrom, "created-from", "", "only those created since: a time (RFC 3339) or how long ago (2h)")
	flags.StringVar(&f.createdTo, "created-to", "", "only those created until: a time (RFC 3339) or how long ago (2h)")
	flags.StringVar(&f.updatedFrom, "updated-from", "", "only those that have changed since, likewise")
	flags.StringVar(&f.updatedTo, "updated-to", "", "only those that have not changed since, likewise")
}

// choosing are the flags that choose instances.
var choosing = []string{
	"status", "name", "prefix", "tag", "created-from", "created-to", "updated-from", "updated-to", "created-before", "updated-before",
}

// checkFilled refuses a flag that is given, but empty: what a script forgot to fill in
// would choose everything.
func checkFilled(cmd *cobra.Command) error {
	for _, name := range choosing {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || !flag.Changed {
			continue
		}
		if text := flag.Value.String(); text == "" || text == "[]" {
			return cli.Usagef("--%s is empty", name)
		}
	}
	return nil
}

// parse fills the filter from the flags.
func (f *filtering) parse(cmd *cobra.Command, now time.Time) error {
	if err := checkFilled(cmd); err != nil {
		return err
	}
	for _, name := range f.status {
		status, err := client.ParseStatus(name)
		if err != nil {
			return cli.Usagef("--status: %w", err)
		}
		f.Status = append(f.Status, status)
	}
	var err error
	if f.Tags, err = parseTags(f.tags); err != nil {
		return err
	}
	for _, bound := range []struct {
		flag, text string
		to         *time.Time
	}{
		{"--created-from", f.createdFrom, &f.CreatedFrom},
		{"--created-to", f.createdTo, &f.CreatedTo},
		{"--updated-from", f.updatedFrom, &f.UpdatedFrom},
		{"--updated-to", f.updatedTo, &f.UpdatedTo},
	} {
		if *bound.to, err = parseTime(bound.flag, bound.text, now); err != nil {
			return err
		}
	}
	return nil
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
	if err != nil || ago < 0 {
		return time.Time{}, cli.Usagef("%s %q: use a time such as 2006-01-02T15:04:05Z, or a duration such as 2h", flag, text)
	}
	return now.Add(-ago), nil
}
