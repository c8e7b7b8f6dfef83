package main

import (
	"context"
	"io"
	"os"
	"runtime/pprof"

	"github.com/spf13/cobra"

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
	root.AddCommand(loopCommand(), latencyCommand(), eventsCommand(), parkedCommand())
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
	c.Flags().IntVar(&o.cache, "cache-size", 0, "parked orchestrators in memory: 0 for the default, -1 for none")
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
	c.Flags().IntVar(&o.cache, "cache-size", 0, "parked orchestrators in memory: 0 for the default, -1 for none")
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
	c.Flags().IntVar(&cache, "cache-size", 0, "parked orchestrators in memory: 0 for the default, -1 for none")
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
	c.Flags().IntVar(&cache, "cache-size", 0, "parked orchestrators in memory: 0 for the default, -1 for none")
	return c
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
