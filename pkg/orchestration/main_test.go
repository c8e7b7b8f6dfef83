package orchestration_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output of the golden scripts anew")

// No test may leave a goroutine behind: every orchestrator is closed, and closing
// one ends all its branches.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
