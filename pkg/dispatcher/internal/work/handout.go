package work

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/monitor"
)

// desk is where work comes in, of activities and of queues.
type desk struct {
	hub     Hub
	monitor *monitor.Monitor
}

// handOut keeps a session of work open until ctx ends, and lets the work that is under way
// finish. The name of the work is for the log.
func (d *desk) handOut(ctx context.Context, name string, open func(context.Context) (hub.Session, error)) {
	d.monitor.Keep(ctx, "handing out of "+name+" broke off", func(ctx context.Context) error {
		session, err := open(ctx)
		if err != nil {
			return fmt.Errorf("work on %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
		case <-session.Done():
		}
		session.Stop()
		return session.Err()
	})
}

// keepAlive tells the hub now and then that something is at work, until the returned
// function is called. The attributes name the work in the log.
func (d *desk) keepAlive(say func() error, attributes ...any) (stop func()) {
	done := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		tick := time.NewTicker(d.hub.KeepAliveInterval())
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if err := say(); err != nil {
				d.monitor.Log.With(attributes...).Debug("cannot keep alive what was handed out", monitor.KeyError, err)
			}
		}
	})
	return func() {
		close(done)
		telling.Wait()
	}
}
