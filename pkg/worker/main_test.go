package worker_test

import (
	"os"
	"testing"

	"github.com/dormouse-dev/dormouse/internal/natstest"
)

func TestMain(m *testing.M) { os.Exit(natstest.Main(m)) }
