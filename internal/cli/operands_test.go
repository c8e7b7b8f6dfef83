package cli_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

// echo is a command that prints what it was given, and has one below it that does
// the same.
func echo() *cobra.Command {
	var hub, input string
	var wait bool
	print := func(cmd *cobra.Command, args []string) error {
		fmt.Fprintf(cmd.OutOrStdout(), "%s hub=%s input=%s wait=%t %q", cmd.Name(), hub, input, wait, args)
		return nil
	}
	root := &cobra.Command{Use: "echo", Args: cobra.ArbitraryArgs, RunE: print}
	root.PersistentFlags().StringVar(&hub, "hub", "", "")
	sub := &cobra.Command{Use: "sub", Args: cobra.ArbitraryArgs, RunE: print}
	sub.Flags().StringVar(&input, "input", "", "")
	sub.Flags().BoolVar(&wait, "wait", false, "")
	root.AddCommand(sub)
	return root
}

func TestNegativeNumbersAreArguments(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"b E -5":                       `echo hub= input= wait=false ["b" "E" "-5"]`,
		"b --hub h -5":                 `echo hub=h input= wait=false ["b" "-5"]`,
		"sub b -5":                     `sub hub= input= wait=false ["b" "-5"]`,
		"sub -5 b -1.5e3 --wait":       `sub hub= input= wait=true ["-5" "b" "-1.5e3"]`,
		"sub --wait -5 b --input=-6":   `sub hub= input=-6 wait=true ["-5" "b"]`,
		"sub --input -5 b":             `sub hub= input=-5 wait=false ["b"]`,
		"--hub -1 sub --input -5 b -7": `sub hub=-1 input=-5 wait=false ["b" "-7"]`,
		"sub b - -5":                   `sub hub= input= wait=false ["b" "-" "-5"]`,
		"sub b -5 -- --wait -6 --":     `sub hub= input= wait=false ["b" "-5" "--wait" "-6" "--"]`,
		"sub -- -5 --wait":             `sub hub= input= wait=false ["-5" "--wait"]`,
		"sub sub -5":                   `sub hub= input= wait=false ["sub" "-5"]`,
		"sub b -5 --nope":              "unknown flag: --nope",
		"sub b -5 -x":                  "unknown shorthand flag: 'x' in -x",
		"sub b -x -5":                  "unknown shorthand flag: 'x' in -x",
		"sub b -5 --input":             "flag needs an argument: --input",
		"sub b -five":                  "unknown shorthand flag: 'f' in -five",
		"sub b -5 --help":              "Usage:",
		"sub --wait=no b -5":           `invalid argument "no"`,
		"sub --input  -5":              `sub hub= input= wait=false ["-5"]`,
	} {
		var out bytes.Buffer
		cli.Run(t.Context(), echo(), strings.Split(line, " "), nil, &out, &out)
		require.Contains(t, out.String(), want, "%s", line)
	}
}
