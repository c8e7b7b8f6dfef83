package jetstream

import (
	"context"

	"github.com/nats-io/nats.go"
)

// EmbeddedHub is a hub whose NATS server runs within this process.
type EmbeddedHub struct {
	*Hub
	server *Embedded
	nc     *nats.Conn
}

// OpenEmbedded starts a NATS server within this process, connects to it, and opens the hub
// "default" on it. The server keeps its data in dir, which is made if it is not there, and
// does not listen: other processes cannot connect to it. [StartEmbedded] and [Open] do the
// same in two steps, with a configuration each.
//
// It returns the errors of [StartEmbedded] and of [Open]. Close the hub when it is not
// needed any more.
func OpenEmbedded(ctx context.Context, dir string) (*EmbeddedHub, error) {
	server, err := StartEmbedded(EmbeddedConfig{DataDir: dir})
	if err != nil {
		return nil, err
	}
	nc, err := server.Connect()
	if err != nil {
		server.Shutdown()
		return nil, err
	}
	e := &EmbeddedHub{server: server, nc: nc}
	if e.Hub, err = Open(ctx, nc, Config{}); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// Close closes the connection, stops the server, and returns when all is written. Stop
// workers on the hub first. Close can be called again.
func (e *EmbeddedHub) Close() {
	e.nc.Close()
	e.server.Shutdown()
}
