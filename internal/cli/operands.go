package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// negative matches the beginning of a negative number, which could be taken for a flag. No
// flag begins like that.
var negative = regexp.MustCompile(`^-\d`)

// sortOperands returns the command line with the arguments behind a "--", in their order, so
// that a negative number is an argument like any other. It returns a line without such a
// number as it is.
func sortOperands(root *cobra.Command, args []string) []string {
	if !slices.ContainsFunc(args, negative.MatchString) {
		return args
	}
	command, rest, err := root.Find(args)
	if err != nil {
		return args
	}
	line := strings.Fields(command.CommandPath())[1:]
	var operands []string
	for len(rest) > 0 {
		word := rest[0]
		rest = rest[1:]
		switch {
		case word == "--":
			operands = append(operands, rest...)
			rest = nil
		case word == "-", !strings.HasPrefix(word, "-"), negative.MatchString(word):
			operands = append(operands, word)
		case takesNext(command, word):
			line = append(line, word)
			if len(rest) == 0 {
				return line // its value is missing, as will be said
			}
			line = append(line, rest[0])
			rest = rest[1:]
		default:
			line = append(line, word)
		}
	}
	return append(append(line, "--"), operands...)
}

// takesNext reports whether the word is a flag whose value is the next word.
func takesNext(command *cobra.Command, word string) bool {
	name, long := strings.CutPrefix(word, "--")
	if !long {
		return false // there are none but -h
	}
	flag := command.Flag(name)
	return flag != nil && flag.NoOptDefVal == ""
}
