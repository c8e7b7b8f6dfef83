package testenv

import (
	"flag"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

// Main is the TestMain of a package: it runs the tests in an environment that is clear,
// and fails if a goroutine is left behind.
func Main(m *testing.M, options ...goleak.Option) {
	Clear()
	goleak.VerifyTestMain(m, options...)
}

// Overlap lets up to n parallel tests run at a time for each processor. TestMain calls it
// in packages whose tests mostly wait for servers, processes and timeouts. The flag
// -parallel goes before it. It does nothing under the race detector, where tests compute
// for most of their time.
func Overlap(n int) {
	flag.Parse()
	given := Race
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(n*runtime.GOMAXPROCS(0))) // it is a number
	}
}
