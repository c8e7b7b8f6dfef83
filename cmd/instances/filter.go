package main

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// filtering is a filter and the flags that it is made from.
type filtering struct {
	client.Filter
	// flags are all flags that choose instances. A flag that is added must be listed here.
	flags                  *pflag.FlagSet
	status, tags           []string
	createdFrom, createdTo string
	updatedFrom, updatedTo string
}

// bind adds the flags that choose instances to a command, and those that more adds.
func (f *filtering) bind(cmd *cobra.Command, more ...func(*pflag.FlagSet)) {
	flags := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	flags.StringSliceVar(&f.status, "status", nil, "only these statuses, such as Running,Pending")
	flags.StringVar(&f.Name, "name", "", "only instances of this orchestrator")
	flags.StringVar(&f.IDPrefix, "prefix", "", "only ids that begin with this")
	flags.StringArrayVar(&f.tags, "tag", nil, "only instances with this tag, KEY=VALUE; may be repeated")
	for _, add := range more {
		add(flags)
	}
	f.flags = flags
	cmd.Flags().AddFlagSet(flags)
}

// bindTimes adds the flags that choose instances by their times.
func (f *filtering) bindTimes(flags *pflag.FlagSet) {
	flags.StringVar(&f.createdFrom, "created-from", "", "only those created since: a time (RFC 3339) or how long ago (2h)")
	flags.StringVar(&f.createdTo, "created-to", "", "only those created until: a time (RFC 3339) or how long ago (2h)")
	flags.StringVar(&f.updatedFrom, "updated-from", "", "only those that have changed since, likewise")
	flags.StringVar(&f.updatedTo, "updated-to", "", "only those that have not changed since, likewise")
}

// given returns the flags that are on the command line.
func (f *filtering) given() []*pflag.Flag {
	var given []*pflag.Flag
	f.flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed {
			given = append(given, flag)
		}
	})
	return given
}

// checkFilled refuses a flag that is given but empty: a variable that a script forgot to fill
// would choose everything.
func (f *filtering) checkFilled() error {
	for _, flag := range f.given() {
		if text := flag.Value.String(); text == "" || text == "[]" {
			return cli.Usagef("--%s is empty", flag.Name)
		}
	}
	return nil
}

// parse fills the filter from the flags. Durations count from this computer's time until
// parseTimes is given the hub's.
func (f *filtering) parse() error {
	if err := f.checkFilled(); err != nil {
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
	return f.parseTimes(time.Now())
}

// parseTimes fills in the times of the filter; durations are before now.
func (f *filtering) parseTimes(now time.Time) (err error) {
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

// parseTime reads a time, or a duration before now. An empty text is the zero time.
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
