package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs the process's command line and returns its exit code. SIGINT and SIGTERM end the
// context that run gets; a second signal ends the process.
func Main(run func(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// Run executes a command and returns its exit code. An error goes to stderr as one line. An
// error that comes before the command's own code runs is one of usage.
func Run(ctx context.Context, command *cobra.Command, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	begun := false
	prepare := command.PersistentPreRunE
	command.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		begun = true
		if prepare == nil {
			return nil
		}
		return prepare(cmd, args)
	}
	command.SilenceErrors, command.SilenceUsage, command.DisableSuggestions = true, true, true
	command.CompletionOptions.HiddenDefaultCmd = true
	// Where arguments follow at once, "completion" is one of them.
	command.CompletionOptions.DisableDefaultCmd = !command.HasSubCommands()
	command.SetArgs(sortOperands(command, args))
	command.SetIn(stdin)
	command.SetOut(stdout)
	command.SetErr(stderr)

	failed, err := command.ExecuteContextC(ctx)
	if err == nil {
		return ExitOK
	}
	if !begun {
		err = Usagef("%w (see %s --help)", err, failed.CommandPath())
	}
	fmt.Fprintf(stderr, "%s: %s\n", command.Name(), line(ctx, command.Name(), err))
	return Code(err)
}

// NoArgs refuses arguments.
func NoArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q", args[0])
	}
	return nil
}

// line returns the error's text as one line.
func line(ctx context.Context, command string, err error) string {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ") + advice(command, err)
}
