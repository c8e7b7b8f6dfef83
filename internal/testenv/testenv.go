// Package testenv is the environment of tests. It keeps them apart from the variables of
// whoever runs them, and runs and watches their background.
package testenv

import (
	"os"
	"regexp"
	"strings"
)

// read matches the variables that the programs read. Those of the tests themselves,
// DORMOUSE_TEST_…, stay, since the caller means them.
var (
	read = regexp.MustCompile(`^(NATS|DORMOUSE)_`)
	kept = regexp.MustCompile(`^DORMOUSE_TEST_`)
)

// Clean returns an environment without the variables that the programs read.
func Clean(environment []string) []string {
	var clean []string
	for _, variable := range environment {
		if !read.MatchString(variable) || kept.MatchString(variable) {
			clean = append(clean, variable)
		}
	}
	return clean
}

// Clear takes the variables that the programs read out of this process's environment,
// for all tests of a package. TestMain calls it before anything else.
func Clear() {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if name != "" && len(Clean([]string{variable})) == 0 {
			_ = os.Unsetenv(name) // it fails for a name that cannot be set
		}
	}
}
