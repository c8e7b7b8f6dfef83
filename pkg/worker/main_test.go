package worker_test

import (
	"os"
	"testing"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Quicken(4)
	os.Exit(natstest.Main(m))
}
