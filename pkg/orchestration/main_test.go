package orchestration_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output of the golden scripts anew")

// No test may leave a goroutine behind: every orchestrator is closed, and closing
// one ends all its branches.
func TestMain(m *testing.M) { goleak.VerifyTestMain(releasing{m}) }

// releasing are tests after which code goes on that was made to block.
type releasing struct{ *testing.M }

func (m releasing) Run() int {
	defer close(released)
	return m.M.Run()
}

// released is closed when all tests are over.
var released = make(chan struct{})
