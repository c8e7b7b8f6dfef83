package hub

import (
	"context"
	"time"
)

// Engine is what the dispatcher needs of a hub.
type Engine interface {
	Clock
	Connection
	Limits
	Records
	Inbox
	Outbox
	Work
	QueueWork
	Leases
}

// Client is what a client needs of a hub.
type Client interface {
	Clock
	Limits
	RecordReader
	Requests
	Changes
	Settings
	Queues
	// After is so long from now, by the hub's own clock: never earlier than that.
	After(ctx context.Context, d time.Duration) time.Time
}

// Worker is what a worker needs of a hub.
type Worker interface {
	Engine
	Registrar
}
