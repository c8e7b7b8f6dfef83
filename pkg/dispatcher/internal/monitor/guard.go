package monitor

import (
	"context"
	"errors"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// Doubt has the hub looked after: it may be gone.
func (m *Monitor) Doubt() {
	select {
	case m.doubts <- struct{}{}:
	default:
	}
}

const (
	// checkInterval is the shortest time between two looks at whether the hub is there.
	checkInterval = 2 * time.Second
	// checkLeases is how many times a lease lasts until it is looked at without a doubt.
	checkLeases = 6
)

// Guard looks after the hub, now and then and when there is a doubt, until ctx ends. It returns an error when
// the hub was found lost twice: a cluster that is just starting may not know all it has.
func (m *Monitor) Guard(ctx context.Context) error {
	tick := time.NewTicker(checkLeases * m.hub.LeaseTTL())
	defer tick.Stop()
	found := 0
	for {
		select {
		case <-m.doubts:
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		asking, cancel := context.WithTimeout(ctx, m.hub.LeaseTTL())
		err := m.hub.Check(asking)
		cancel()
		if !errors.Is(err, hub.ErrHubLost) {
			found = 0
		} else if found++; found > 1 {
			return err
		} else {
			m.Doubt()
		}
		select {
		case <-time.After(checkInterval):
		case <-ctx.Done():
			return nil
		}
	}
}
