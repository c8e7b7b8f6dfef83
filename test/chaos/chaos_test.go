package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/natstest"
)

// clusterChaos is set where the cluster is to be attacked too. It waits for nodes that
// are missed only after 15 s of silence, which is too long for every day.
const clusterChaos = "DORMOUSE_CHAOS_CLUSTER"

// TestChaos is the short form of what the command does at length.
func TestChaos(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := build(t.Context(), dir, false)
	require.NoError(t, err)
	for _, short := range []struct {
		of     string
		faults []draw
	}{
		{"kill", []draw{killOneWorker, killServer}},
		{"cluster", []draw{killServer}},
		{"cut", []draw{cutEverybody, stallUsers}},
	} {
		t.Run(short.of, func(t *testing.T) {
			t.Parallel()
			if short.of == "cluster" && os.Getenv(clusterChaos) == "" {
				t.Skipf("set %s=1 to attack a cluster", clusterChaos)
			}
			s, ok := scenarioNamed(short.of)
			require.True(t, ok)
			s.faults = short.faults
			o := options{rounds: 1, seed: 1, rate: 100, width: 12, most: 5000, drain: time.Minute, pace: shortPace, dir: t.TempDir()}
			var log bytes.Buffer
			r, err := campaign(t.Context(), s, o, p, newJournal(&log))
			require.NoError(t, err, "%s", &log)
			r.print(&log)
			require.True(t, r.Kept, "%s", &log)
			require.NotZero(t, r.Acked)
			t.Logf("%s", &log)
		})
	}
}

// A campaign that is interrupted leaves nothing behind.
func TestInterruptedCampaignEndsWhatItHasStarted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := build(t.Context(), dir, false)
	require.NoError(t, err)
	s, ok := scenarioNamed("kill")
	require.True(t, ok)
	ctx, interrupt := context.WithCancel(t.Context())
	o := options{lasts: time.Minute, seed: 1, rate: 10, width: 1, most: 100, drain: time.Minute, pace: shortPace, dir: dir}
	_, err = campaign(ctx, s, o, p, newJournal(writerFunc(func(text []byte) (int, error) {
		if strings.Contains(string(text), "fault:") {
			interrupt()
		}
		return len(text), nil
	})))
	require.ErrorIs(t, err, context.Canceled)
	campaigns, err := filepath.Glob(filepath.Join(dir, "dormouse-chaos-*"))
	require.NoError(t, err)
	require.Empty(t, campaigns)
	left, err := os.ReadDir("/proc")
	if err != nil {
		t.Skip("this machine does not show its processes")
	}
	for _, process := range left {
		command, err := os.ReadFile("/proc/" + process.Name() + "/cmdline")
		if err == nil {
			require.NotContains(t, string(command), dir)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(text []byte) (int, error) { return f(text) }

// The probe has an instance in each partition, as the server counts them.
func TestCanariesAreInAllPartitions(t *testing.T) {
	t.Parallel()
	_, nc, _ := natstest.New(t)
	client, err := js.New(nc)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, id := range canaries(partitions) {
		ack, err := client.Publish(t.Context(), "default.to."+id+".raise.Item", nil)
		require.NoError(t, err)
		stream, err := client.Stream(t.Context(), controlStream)
		require.NoError(t, err)
		stored, err := stream.GetMsg(t.Context(), ack.Sequence)
		require.NoError(t, err)
		seen[strings.Split(stored.Subject, ".")[2]] = true
	}
	require.Len(t, seen, partitions)
}

// With a version of Go that reads the clock in another way, clocks could not be put
// wrong.
func TestClocksCanBePutWrong(t *testing.T) {
	t.Parallel()
	_, err := writeOverlay(t.Context(), t.TempDir())
	require.NoError(t, err)
}

func TestCommand(t *testing.T) {
	t.Parallel()
	var help bytes.Buffer
	require.Equal(t, cli.ExitOK, run(t.Context(), []string{"--help"}, nil, &help, io.Discard))
	for _, s := range scenarios {
		require.Contains(t, help.String(), s.name)
	}
	for _, wrong := range [][]string{{"no-such-scenario"}, {"--rate", "0"}, {"--rounds", "-1"}, {"--for", "x"}} {
		require.Equal(t, cli.ExitUsage, run(t.Context(), wrong, nil, io.Discard, io.Discard), "%v", wrong)
	}
}
