package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func demo(options *cli.Options, run func(*cobra.Command) error) *cobra.Command {
	root := &cobra.Command{Use: "demo", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd) }}
	sub := &cobra.Command{Use: "sub ID", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd) }}
	options.Bind(root)
	root.AddCommand(sub)
	return root
}

func TestRunExitsWithOneLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		err  error
		code int
		says string
	}{
		"success":           {nil, nil, cli.ExitOK, ""},
		"unknown command":   {[]string{"sbu"}, nil, cli.ExitUsage, `demo: unknown command "sbu" for "demo" (see demo --help)`},
		"unknown flag":      {[]string{"--foo"}, nil, cli.ExitUsage, "demo: unknown flag: --foo (see demo --help)"},
		"missing argument":  {[]string{"sub"}, nil, cli.ExitUsage, "demo: accepts 1 arg(s), received 0 (see demo sub --help)"},
		"output form":       {[]string{"--output", "xml"}, nil, cli.ExitUsage, `demo: --output "xml": use text or json`},
		"no hub":            {[]string{"--hub", ""}, nil, cli.ExitUsage, `demo: --hub is empty: leave it out for the hub "default"`},
		"inbox":             {[]string{"--inbox-prefix", "_INBOX.>"}, nil, cli.ExitUsage, `demo: --inbox-prefix "_INBOX.>": use a subject without wildcards, such as _INBOX.operator`},
		"half a key pair":   {[]string{"--tlscert", "c.pem"}, nil, cli.ExitUsage, "demo: --tlscert and --tlskey go together: give both or none"},
		"usage":             {nil, cli.Usagef("no %s", "good"), cli.ExitUsage, "demo: no good"},
		"illegal name":      {nil, fmt.Errorf("%w: x", client.ErrInvalidName), cli.ExitUsage, "demo: invalid name: x"},
		"not JSON":          {nil, client.ErrInvalidPayload, cli.ExitUsage, "demo: not valid JSON"},
		"not found":         {nil, fmt.Errorf("%w: %q", client.ErrInstanceNotFound, "b"), cli.ExitNotFound, `demo: no such instance: "b"`},
		"hub lost":          {nil, fmt.Errorf("worker: %w", hub.ErrHubLost), cli.ExitAgain, "demo: worker: the hub is lost: start the worker again, which makes what the hub lacks"},
		"ended":             {nil, client.ErrInstanceEnded, cli.ExitEnded, "demo: instance has ended"},
		"any other":         {nil, errors.New("bad\nworse"), cli.ExitError, "demo: bad; worse"},
		"error of a sub":    {[]string{"sub", "x"}, errors.New("bad"), cli.ExitError, "demo: bad"},
		"cancelled by hand": {nil, fmt.Errorf("waiting: %w", context.Canceled), cli.ExitError, "demo: waiting: context canceled"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			command := demo(&cli.Options{}, func(*cobra.Command) error { return tt.err })
			code := cli.Run(t.Context(), command, tt.args, strings.NewReader(""), &stdout, &stderr)
			require.Equal(t, tt.code, code)
			require.Equal(t, tt.says, strings.TrimSuffix(stderr.String(), "\n"))
			require.Empty(t, stdout.String())
		})
	}
}

func TestRunInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var stderr bytes.Buffer
	command := demo(&cli.Options{}, func(cmd *cobra.Command) error {
		cancel()
		return fmt.Errorf("waiting: %w", cmd.Context().Err())
	})
	require.Equal(t, cli.ExitError, cli.Run(ctx, command, nil, nil, &bytes.Buffer{}, &stderr))
	require.Equal(t, "demo: interrupted\n", stderr.String())
}

func TestHelpGoesToStdout(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	command := demo(&cli.Options{}, func(*cobra.Command) error { return errors.New("not reached") })
	require.Equal(t, cli.ExitOK, cli.Run(t.Context(), command, []string{"--help"}, nil, &stdout, &stderr))
	require.Contains(t, stdout.String(), "--nats-url")
	require.Empty(t, stderr.String())
}
