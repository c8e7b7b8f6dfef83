package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// mostShown is how many instances a dry run shows.
const mostShown = 20

const purgeLong = `Remove ended instances and their history for good: those whose ids are given, or
those that a filter chooses. Instances that have not ended are never removed.

With a filter and without --yes nothing is removed: the command shows what it would
remove.`

// purging is the purge command with its flags.
type purging struct {
	*command
	filter                       filtering
	createdBefore, updatedBefore string
	yes                          bool
}

func newPurge(c *command) *cobra.Command {
	p := purging{command: c}
	cmd := &cobra.Command{
		Use:   "purge ID... | purge FILTER --yes",
		Short: "Remove ended instances and their history for good",
		Long:  purgeLong,
		Example: `  instances purge b1 b2
  instances purge --status Completed --created-before 720h
  instances purge --status Completed --created-before 720h --yes`,
		Args: p.checkArgs,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := p.parse(); err != nil {
				return err
			}
			return p.withClient(cmd.Context(), func(to *client.Client) error {
				if err := p.parseTimes(to.Now(cmd.Context())); err != nil {
					return err
				}
				switch {
				case len(ids) > 0:
					return purgeThese(cmd.Context(), to, ids)
				case p.yes:
					return p.purge(cmd, to)
				}
				return p.dryRun(cmd, to)
			})
		},
	}
	p.filter.bind(cmd, p.bindTimes)
	cmd.Flags().BoolVar(&p.yes, "yes", false, "remove what the filter chooses, instead of showing it")
	return cmd
}

// bindTimes adds the flags that choose instances by their times.
func (p *purging) bindTimes(flags *pflag.FlagSet) {
	flags.StringVar(&p.createdBefore, "created-before", "", "only those created before: a time (RFC 3339) or how long ago (720h)")
	flags.StringVar(&p.updatedBefore, "updated-before", "", "only those that have not changed since, likewise")
}

func (p *purging) checkArgs(cmd *cobra.Command, args []string) error {
	filtered := len(p.filter.given()) > 0
	switch {
	case filtered && len(args) > 0:
		return errors.New("instance ids and a filter exclude each other")
	case !filtered && len(args) == 0:
		return errors.New("expected instance ids, or a filter such as --status Completed")
	case filtered:
		return nil
	}
	return someIDs(cmd, args)
}

func (p *purging) parse() error {
	if err := p.filter.parse(); err != nil {
		return err
	}
	for _, status := range p.filter.Status {
		if !status.Ended() {
			return cli.Usagef("--status %s: only what has ended can be purged", status)
		}
	}
	if len(p.filter.Status) == 0 {
		p.filter.Status = []client.Status{client.Completed, client.Failed, client.Terminated, client.Canceled}
	}
	return p.parseTimes(time.Now())
}

// parseTimes fills in the times of the filter; durations are before now.
func (p *purging) parseTimes(now time.Time) (err error) {
	if p.filter.CreatedTo, err = parseTime("--created-before", p.createdBefore, now); err != nil {
		return err
	}
	p.filter.UpdatedTo, err = parseTime("--updated-before", p.updatedBefore, now)
	return err
}

func purgeThese(ctx context.Context, to *client.Client, ids []string) error {
	return eachID(ids, func(id string) error { return to.Purge(ctx, id) })
}

// purge removes the instances that the filter chooses, and prints how many it has removed,
// even if it was interrupted.
func (p *purging) purge(cmd *cobra.Command, to *client.Client) error {
	purged, err := to.PurgeWhere(cmd.Context(), p.filter.Filter)
	if p.JSON() {
		return errors.Join(err, cli.PrintJSON(cmd.OutOrStdout(), map[string]int{"instancesDeleted": purged}))
	}
	_, printed := fmt.Fprintf(cmd.OutOrStdout(), "purged %s\n", instances(purged))
	return errors.Join(err, printed)
}

// dryRunPayload is the output of a dry run in JSON.
type dryRunPayload struct {
	DryRun    bool `json:"dryRun"`
	Instances int  `json:"instances"`
}

// dryRun shows the instances that would be removed.
func (p *purging) dryRun(cmd *cobra.Command, to *client.Client) error {
	var shown []client.Summary
	found := 0
	for s, err := range to.All(cmd.Context(), p.filter.Filter) {
		if err != nil {
			return err
		}
		if found++; found <= mostShown {
			shown = append(shown, s)
		}
	}
	if p.JSON() {
		return cli.PrintJSON(cmd.OutOrStdout(), dryRunPayload{DryRun: true, Instances: found})
	}
	if err := printTable(cmd.OutOrStdout(), shown, to.Now(cmd.Context())); err != nil {
		return err
	}
	if found > mostShown {
		fmt.Fprintf(cmd.OutOrStdout(), "… and %d more\n", found-mostShown)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "nothing is purged yet: --yes removes %s\n", instances(found))
	return nil
}

func instances(n int) string {
	if n == 1 {
		return "1 instance"
	}
	return fmt.Sprintf("%d instances", n)
}
