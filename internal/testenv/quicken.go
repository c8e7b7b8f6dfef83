package testenv

import (
	"flag"
	"os"
	"runtime"
	"strconv"
)

// memory is a directory that is kept in memory, on Linux.
const memory = "/dev/shm"

// enough is how much room there must be in memory, in bytes. All tests together use a small
// part of it.
const enough = 4 << 30

// Quicken makes the tests of a package quick that start servers and processes, where the
// system has memory to spare. TestMain calls it.
//
// It keeps temporary directories in memory: a NATS server syncs a file for each stream and
// consumer that it makes, and most of such a test's time is waiting for the disk. And it
// lets up to n parallel tests run at a time for each processor, since they wait for
// timeouts as well. The flag -parallel goes before that; and with the race detector, tests
// have enough to compute.
func Quicken(n int) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() != "" || room(memory) < enough || os.Setenv("TMPDIR", memory) != nil {
		return
	}
	given := Race
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(n*runtime.GOMAXPROCS(0))) // it is a number
	}
}
