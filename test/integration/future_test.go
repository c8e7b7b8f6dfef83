package integration

import (
	"context"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/rogpeppe/go-internal/testscript"
)

// futureHub makes what a later version of the program might leave behind.
func futureHub(ts *testscript.TestScript, _ bool, _ []string) {
	nc, err := nats.Connect(ts.Getenv("NATS_URL"))
	ts.Check(err)
	defer nc.Close()
	stream, err := js.New(nc)
	ts.Check(err)
	_, err = stream.CreateStream(context.Background(), js.StreamConfig{
		Name:     "default-control",
		Subjects: []string{"default.to.>"},
		Metadata: map[string]string{"dormouse-version": "99", "dormouse-partitions": "16"},
	})
	ts.Check(err)
}
