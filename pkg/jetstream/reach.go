package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/retry"
)

// reach is closed when the connection stands again. There is one channel for each interruption
// whose end somebody waits for.
type reach struct {
	mu   sync.Mutex
	back chan struct{}
}

var reached = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Reach returns a channel that is closed when the hub can be reached: at once, unless the
// connection is interrupted. A connection that was closed is not waited for.
func (c *connection) Reach() <-chan struct{} {
	c.reach.mu.Lock()
	defer c.reach.mu.Unlock()
	if c.reach.back != nil {
		return c.reach.back
	}
	status := c.nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	if c.nc.IsConnected() || c.nc.IsClosed() {
		c.nc.RemoveStatusListener(status)
		return reached
	}
	back := make(chan struct{})
	c.reach.back = back
	go func() {
		<-status
		c.nc.RemoveStatusListener(status)
		c.reach.mu.Lock()
		c.reach.back = nil
		c.reach.mu.Unlock()
		close(back)
	}()
	return back
}

// newPauses are the pauses between tries that need the server.
func newPauses() retry.Pauses {
	return retry.Pauses{First: 50 * time.Millisecond, Longest: 2 * time.Second}
}

// loop keeps something running that needs the server, and logs the message when it breaks off.
func (c *connection) loop(message string, attributes ...any) retry.Loop {
	return retry.Loop{
		Pauses: newPauses(),
		Reach:  c.Reach,
		Broke:  func(err error, _ *retry.Pauses) { c.warn(message, err, attributes...) },
	}
}

// warn logs an error whose cause is tried again; the same error of many callers is logged once
// in a while. Interruptions of the connection are logged by the connection itself.
func (c *connection) warn(message string, err error, attributes ...any) {
	log := c.log.Warn
	if errors.Is(err, hub.ErrUnreachable) || !c.complaints.IsNew(message, err) {
		log = c.log.Debug
	}
	log(message, append(attributes, keyError, err)...)
}

// Check returns an error wrapping [hub.ErrHubLost] if one of the hub's streams is not there
// any more, or the connection was closed; any other error leaves that open.
func (c *connection) Check(ctx context.Context) error {
	if c.nc.IsClosed() {
		if why := c.nc.LastError(); why != nil {
			return fmt.Errorf("%w: %w", errClosed, why)
		}
		return errClosed
	}
	for _, stream := range c.codec.Names.Streams.All() {
		var response struct {
			Error *js.APIError `json:"error"`
		}
		if err := c.call(ctx, "STREAM.INFO."+stream, nil, &response); err != nil {
			return fmt.Errorf("look for stream %s: %w", stream, err)
		}
		if e := response.Error; e != nil && e.ErrorCode == js.JSErrCodeStreamNotFound {
			return fmt.Errorf("%w: stream %s of hub %q is not there any more", errRemoved, stream, c.codec.Names.Hub)
		}
	}
	return nil
}

// Why a hub is lost.
var (
	errRemoved error = lost("the hub was removed from the NATS server, or the server has lost what it had stored")
	errClosed  error = lost("the connection to NATS was closed")
)

// lost is a reason for which a hub is lost.
type lost string

func (e lost) Error() string { return string(e) }

// Is reports whether the target is hub.ErrHubLost.
func (e lost) Is(target error) bool { return target == hub.ErrHubLost }
