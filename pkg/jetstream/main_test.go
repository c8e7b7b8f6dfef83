package jetstream_test

import (
	"testing"

	"go.uber.org/goleak"
)

// A server of a cluster that is told to stop while it makes a stream leaves that stream's
// store behind, and with it these two.
func TestMain(m *testing.M) {
	const server = "github.com/nats-io/nats-server/v2/server"
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction(server+".(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreTopFunction(server+"/ats.Register.func1"))
}
