//go:build race

package integration

// buildFlags make the programs look for data races when the tests do.
var buildFlags = []string{"-race"}
