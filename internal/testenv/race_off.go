//go:build !race

package testenv

// Race reports whether the race detector is at work.
const Race = false
