// Command raise raises an external event on an instance.
package main

import (
	"context"
	"io"
	"os"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

func main() { os.Exit(cli.Main(run)) }

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return cli.Run(ctx, newCommand(), args, stdin, stdout, stderr)
}
