package jetstream

import (
	"context"
	"time"
)

// Retention is for how long ended instances are kept, 0 for ever.
func (h *Hub) Retention(context.Context) (time.Duration, error) { return 0, nil }

// SetRetention sets for how long ended instances are kept, 0 for ever.
func (h *Hub) SetRetention(context.Context, time.Duration) error { return nil }
