package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

func TestErrorsOfLibrariesGetTheFlagsThatHelp(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"demo: cannot reach NATS: connection refused: start a worker (it embeds a server) or give --nats-url\n":                                fmt.Errorf("%w: %w", jetstream.ErrConnect, jetstream.ErrNoServer),
		"demo: hub \"h\" does not exist on this NATS server: start a worker for it, or check --hub\n":                                          fmt.Errorf("hub %q %w", "h", jetstream.ErrHubNotFound),
		"demo: cannot listen: address already in use: choose another address by --nats-listen, or connect to the server there by --nats-url\n": fmt.Errorf("%w: address already in use", jetstream.ErrListen),
		"demo: the data directory has logins, and the server would ask for none: ask for them, or delete logins: --nats-auth asks for them\n":  fmt.Errorf("%w: ask for them, or delete logins", jetstream.ErrLoginsUnused),
		"demo: " + jetstream.ErrNoJetStream.Error() + ": a login that may only publish uses raise --blind, or any NATS client\n":               jetstream.ErrNoJetStream,
		"worker: cannot reach NATS: connection refused: start a NATS server there, or leave the address out: the worker then embeds one\n":     fmt.Errorf("%w: %w", jetstream.ErrConnect, jetstream.ErrNoServer),
		"demo: context canceled\n": context.Canceled,
	} {
		var stderr bytes.Buffer
		name, _, _ := strings.Cut(want, ":")
		command := &cobra.Command{Use: name, RunE: func(*cobra.Command, []string) error { return err }}
		require.Equal(t, cli.ExitError, cli.Run(t.Context(), command, nil, nil, nil, &stderr))
		require.Equal(t, want, stderr.String())
	}
}

// Flags belong to the commands: a program that uses a library has no such flags.
func TestLibrariesNameNoFlags(t *testing.T) {
	t.Parallel()
	flag := regexp.MustCompile("(^|[ \"'`(])--[a-z]")
	require.NoError(t, filepath.WalkDir("../../pkg", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				require.NotRegexp(t, flag, text.Value, path)
			}
			return true
		})
		for _, comment := range file.Comments {
			require.NotRegexp(t, flag, comment.Text(), path)
		}
		return nil
	}))
}
