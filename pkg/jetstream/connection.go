package jetstream

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// connection is the way to the server on which a hub is kept: every part of the hub speaks
// through it.
type connection struct {
	nc *nats.Conn
	js js.JetStream
	// api begins the subjects of JetStream's API.
	api  string
	link *link
	// codec knows the hub's names. It gets the hub's key when the hub is opened to work on it.
	codec      *wire.Codec
	log        *slog.Logger
	complaints retry.Complaints
	reach      reach
}

// Limits of publishes that wait for their ack.
const (
	maxPending = 64 << 10
	stallWait  = 30 * time.Second
	ackTimeout = 10 * time.Second
)

// newConnection returns the connection of a hub, and the config with its defaults.
func newConnection(nc *nats.Conn, config Config) (*connection, Config, error) {
	config = config.withDefaults()
	if err := config.check(); err != nil {
		return nil, config, err
	}
	if err := checkServer(nc.ConnectedServerVersion()); err != nil {
		return nil, config, err
	}
	link, err := linkOf(nc, apiOf(nc))
	if err != nil {
		return nil, config, fmt.Errorf("hub %q: %w", config.Name, err)
	}
	codec := &wire.Codec{Names: wire.NewNames(config.Name)}
	return &connection{nc: nc, js: link.js, api: apiOf(nc), link: link, codec: codec, log: config.Logger}, config, nil
}

// limits are those of the server that the hub is connected to.
func (c *connection) limits() wire.Limits { return wire.Limits(c.nc.MaxPayload()) }

// MaxValue returns the largest size in bytes of a record or a segment: the largest message
// that the server takes, less 8 KiB.
func (c *connection) MaxValue() int { return c.limits().Value() }

// MaxPayload returns the largest size in bytes of a payload: a quarter of
// [Hub.MaxValue], since a record has to hold several.
func (c *connection) MaxPayload() int { return c.limits().Payload() }

// serverTime returns a question for the server's time: the server's answer about a stream
// has the time in it. The stream's leader answers.
func (c *connection) serverTime(stream string) func(context.Context) (time.Time, error) {
	return func(ctx context.Context) (time.Time, error) {
		var response struct {
			Time time.Time `json:"ts"`
		}
		err := c.call(ctx, "STREAM.INFO."+stream, nil, &response)
		return response.Time, err
	}
}
