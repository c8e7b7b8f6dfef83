package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

// Every flag that chooses must be filled: a variable that a script forgot to fill would choose
// everything.
func TestFlagsThatChooseAreFilled(t *testing.T) {
	t.Parallel()
	chooseNothing := map[string]bool{"yes": true, "rows": true, "limit": true, "token": true, "help": true}
	for _, name := range []string{"purge", "list", "watch"} {
		command := sub(t, name)
		count := 0
		command.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
			if chooseNothing[flag.Name] {
				return
			}
			count++
			requireUsage(t, "--"+flag.Name, name, "--"+flag.Name, "")
			if name != "list" {
				requireUsage(t, "exclude each other", name, "b1", "--"+flag.Name, "x")
			}
		})
		require.GreaterOrEqual(t, count, 4, name)
	}
	requireUsage(t, "expected instance ids, or a filter", "purge", "--yes")
	requireUsage(t, "an instance id and --rows exclude each other", "watch", "b1", "--rows", "3")
}

// sub returns a command below the root.
func sub(t *testing.T, name string) *cobra.Command {
	t.Helper()
	command, _, err := newCommand().Find([]string{name})
	require.NoError(t, err)
	return command
}

// requireUsage requires that a command line is refused before anything is connected.
func requireUsage(t *testing.T, says string, args ...string) {
	t.Helper()
	var out strings.Builder
	code := cli.Run(t.Context(), newCommand(), append(args, "--nats-url", "nats://127.0.0.1:1"), nil, &out, &out)
	require.Equal(t, cli.ExitUsage, code, "%q: %s", args, out.String())
	require.Contains(t, out.String(), says)
}
