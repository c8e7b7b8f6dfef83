package testenv

import (
	"testing"

	"go.uber.org/goleak"
)

// Main is the TestMain of a package: it runs the tests in an environment that is clear,
// and fails if a goroutine is left behind.
func Main(m *testing.M, options ...goleak.Option) {
	Clear()
	goleak.VerifyTestMain(m, options...)
}
