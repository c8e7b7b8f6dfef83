package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

// errBroken is the error where a promise was broken.
var errBroken = errors.New("a promise was broken")

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o := options{pace: fullPace}
	root := &cobra.Command{
		Use:   "chaos [SCENARIO...]",
		Short: "Attack Dormouse with real faults, and hold it to its promises",
		Long:  long(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runScenarios(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), args, o)
		},
	}
	flags := root.Flags()
	flags.DurationVar(&o.lasts, "for", time.Minute, "for how long faults are let loose, in each scenario")
	flags.IntVar(&o.rounds, "rounds", 0, "let loose every fault so many times instead, whatever time it takes")
	flags.Uint64Var(&o.seed, "seed", 0, "seed of all that is drawn by lot: faults, pauses, instances; 0 for one drawn by lot")
	flags.IntVar(&o.rate, "rate", 200, "events a second")
	flags.IntVar(&o.width, "width", 24, "how many instances take events at a time")
	flags.IntVar(&o.most, "events", 200_000, "how many events at most, in each scenario")
	flags.DurationVar(&o.drain, "drain", 90*time.Second, "how long the instances may take to come to their ends once all is healed")
	flags.BoolVar(&o.asJSON, "json", false, "print the reports as JSON")
	flags.BoolVar(&o.keep, "keep", false, "keep ledger, logs and data also where every promise was kept")
	flags.StringVar(&o.dir, "dir", "", "directory for them, instead of that for temporary files")
	return cli.Run(ctx, root, args, stdin, stdout, stderr)
}

func long() string {
	var b strings.Builder
	b.WriteString("Attack Dormouse with real faults, and hold it to its promises.\n\n" +
		"Each scenario runs NATS servers and workers as processes of their own, in a directory\n" +
		"of its own, on addresses of this machine. Everything is ended and removed at the end.\n" +
		"The exit code is 1 where a promise was broken; the ledger and the logs then stay.\n" +
		"The same seed draws the same faults and the same instances; it does not repeat which\n" +
		"event a fault meets.\n\nScenarios (all of them, one after another, if none is given):\n")
	for _, s := range scenarios {
		fmt.Fprintf(&b, "  %-8s %s\n", s.name, s.short)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// chosen returns the scenarios of those names, all for none.
func chosen(names []string) ([]scenario, error) {
	if len(names) == 0 {
		return scenarios, nil
	}
	var all []scenario
	for _, name := range names {
		s, ok := scenarioNamed(name)
		if !ok {
			return nil, cli.Usagef("unknown scenario %q: see --help", name)
		}
		all = append(all, s)
	}
	return all, nil
}

func (o options) check() error {
	if o.rate < 1 || o.width < 1 || o.most < 1 || o.lasts <= 0 || o.drain <= 0 || o.rounds < 0 {
		return cli.Usagef("--for, --rate, --width, --events and --drain must be more than 0, --rounds not less")
	}
	return nil
}

// runScenarios runs one scenario after another and prints the reports.
func runScenarios(ctx context.Context, stdout, stderr io.Writer, names []string, o options) error {
	all, err := chosen(names)
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return err
	}
	if o.seed == 0 {
		o.seed = rand.Uint64N(1_000_000)
	}
	dir, err := os.MkdirTemp("", "dormouse-chaos-programs-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	log := newJournal(stderr)
	log.say("building the programs")
	p, err := build(ctx, dir, needClocks(all))
	if err != nil {
		return err
	}
	kept := true
	var reports []*report
	for _, s := range all {
		r, err := campaign(ctx, s, o, p, newJournal(stderr))
		if err != nil {
			return fmt.Errorf("scenario %s, seed %d: %w", s.name, o.seed, err)
		}
		kept = kept && r.Kept
		reports = append(reports, r)
		if !o.asJSON {
			r.print(stdout)
		}
	}
	if o.asJSON {
		if err := json.NewEncoder(stdout).Encode(reports); err != nil {
			return err
		}
	}
	if !kept {
		return errBroken
	}
	return nil
}

// needClocks reports whether one of the scenarios puts clocks wrong.
func needClocks(all []scenario) bool {
	for _, s := range all {
		if len(s.layout.clocks) > 0 {
			return true
		}
	}
	return false
}
