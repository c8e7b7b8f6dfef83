package jetstream_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/dormouse-dev/dormouse/internal/testenv"
)

// A server of a cluster that is told to stop while it makes a stream leaves that stream's
// store behind, and with it these two goroutines.
func TestMain(m *testing.M) {
	const server = "github.com/nats-io/nats-server/v2/server"
	testenv.Quicken(4)
	testenv.Main(m,
		goleak.IgnoreTopFunction(server+".(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreTopFunction(server+"/ats.Register.func1"))
}
