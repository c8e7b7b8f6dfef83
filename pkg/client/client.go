package client

import (
	"context"
	"time"
)

// Client starts instances on one hub, raises events on them and tells how they are. All its
// methods may be called from many goroutines at once.
type Client struct {
	hub      Hub
	records  records
	launcher launcher
	registry *Registry
}

// New returns a client of the hub. The client holds nothing that needs to be closed.
func New(hub Hub) *Client {
	records, registry := records{hub}, newRegistry(hub)
	return &Client{
		hub: hub, records: records, registry: registry,
		launcher: launcher{hub: hub, records: records, registry: registry, settings: Settings{hub}},
	}
}

// Now returns the hub's time, by which timers become due. It does not depend on the clock of
// this computer, unless the client's login may not ask the hub for the time.
func (c *Client) Now(ctx context.Context) time.Time { return c.hub.Now(ctx) }

// Queues returns the queues of the hub.
func (c *Client) Queues() Queues { return Queues{c.hub} }

// Settings returns the settings that hold for the whole hub.
func (c *Client) Settings() Settings { return Settings{c.hub} }

// Registry returns what workers have registered on the hub.
func (c *Client) Registry() *Registry { return c.registry }
