package hub

import (
	"context"
	"time"
)

// Settings are what holds for a whole hub.
type Settings interface {
	// Retention is for how long ended instances are kept, 0 for ever.
	Retention(ctx context.Context) (time.Duration, error)
	// SetRetention sets for how long ended instances are kept, 0 for ever.
	SetRetention(ctx context.Context, d time.Duration) error
	// SetKeepsIDs sets whether the id of an instance is used for no other one.
	SetKeepsIDs(ctx context.Context, keeps bool) error
	// Registered returns the names of the orchestrators that a worker has
	// registered on this hub, sorted.
	Registered(ctx context.Context) ([]string, error)
	// RegisteredActivities returns the names of the activities that a worker has
	// registered on this hub, sorted.
	RegisteredActivities(ctx context.Context) ([]string, error)
	// Identity is a text that no other hub has, not even one of the same name elsewhere
	// or before this one. It stays the same for as long as the hub exists.
	Identity() string
}

// Registrar is told what workers can run.
type Registrar interface {
	// Register tells the hub which orchestrators have a worker, so that starting any
	// other can be refused.
	Register(ctx context.Context, orchestrators []string) error
	// RegisterActivities tells the hub which activities have a worker, so that an
	// instance which waits for any other can say so.
	RegisterActivities(ctx context.Context, activities []string) error
}
