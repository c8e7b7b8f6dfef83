package main

import (
	"context"
	"io"
	"os"
	"runtime/pprof"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:   "bench",
		Short: "Measure Dormouse on an embedded NATS server",
		Args:  cobra.NoArgs,
	}
	profile := root.PersistentFlags().String("cpuprofile", "", "write a CPU profile to this file")
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return startProfile(*profile) }
	root.PersistentPostRun = func(*cobra.Command, []string) { pprof.StopCPUProfile() }
	root.AddCommand(loopCommand(), latencyCommand(), eventsCommand(), parkedCommand(), eternalCommand(), fanOutCommand(), httpCommand())
	return cli.Run(ctx, root, args, stdin, stdout, stderr)
}

func loopCommand() *cobra.Command {
	o := loopOptions{}
	c := &cobra.Command{
		Use:   "loop",
		Short: "start → wait → raise → complete, as many at once as there is room for",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return benchLoop(cmd.Context(), cmd.OutOrStdout(), o) },
	}
	c.Flags().IntVar(&o.instances, "instances", 100_000, "how many instances to run")
	c.Flags().IntVar(&o.inFlight, "in-flight", 4_000, "how many at once")
	addCacheSize(c.Flags(), &o.cache)
	return c
}

func latencyCommand() *cobra.Command {
	o := loopOptions{inFlight: 1}
	c := &cobra.Command{
		Use:   "latency",
		Short: "raise → committed, one instance at a time",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return benchLoop(cmd.Context(), cmd.OutOrStdout(), o) },
	}
	c.Flags().IntVar(&o.instances, "instances", 5_000, "how many instances to run")
	addCacheSize(c.Flags(), &o.cache)
	return c
}

func eventsCommand() *cobra.Command {
	var events, cache int
	c := &cobra.Command{
		Use:   "events",
		Short: "one instance that receives many events, one after another",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return benchEvents(cmd.Context(), cmd.OutOrStdout(), events, cache)
		},
	}
	c.Flags().IntVar(&events, "events", 5_000, "how many events")
	addCacheSize(c.Flags(), &cache)
	return c
}

func parkedCommand() *cobra.Command {
	var instances, cache int
	c := &cobra.Command{
		Use:   "parked",
		Short: "many waiting instances: memory before, with and after; then each is woken",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return benchParked(cmd.Context(), cmd.OutOrStdout(), instances, cache)
		},
	}
	c.Flags().IntVar(&instances, "instances", 100_000, "how many instances wait")
	addCacheSize(c.Flags(), &cache)
	return c
}

func eternalCommand() *cobra.Command {
	var generations int
	c := &cobra.Command{
		Use:   "eternal",
		Short: "one instance that continues as new at each event: history, disk and memory on the way",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return benchEternal(cmd.Context(), cmd.OutOrStdout(), generations)
		},
	}
	c.Flags().IntVar(&generations, "generations", 100_000, "how many generations")
	return c
}

func fanOutCommand() *cobra.Command {
	var activities, rounds int
	c := &cobra.Command{
		Use:   "fanout",
		Short: "one instance that calls many activities at once and waits for all",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return benchFanOut(cmd.Context(), cmd.OutOrStdout(), activities, rounds)
		},
	}
	c.Flags().IntVar(&activities, "activities", 1_000, "how many activities at once")
	c.Flags().IntVar(&rounds, "rounds", 5, "how many instances, one after another")
	return c
}

func httpCommand() *cobra.Command {
	var callers int
	var lasts time.Duration
	c := &cobra.Command{
		Use:   "http",
		Short: "callers that raise events through HTTP as fast as they are answered",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return benchHTTP(cmd.Context(), cmd.OutOrStdout(), callers, lasts)
		},
	}
	c.Flags().IntVar(&callers, "callers", 200, "how many callers at once")
	c.Flags().DurationVar(&lasts, "for", 10*time.Second, "for how long")
	return c
}

// addCacheSize adds the flag --cache-size.
func addCacheSize(flags *pflag.FlagSet, size *int) {
	flags.IntVar(size, "cache-size", 0, "parked orchestrators in memory: 0 for the default, -1 for none")
}

func startProfile(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(f)
}
