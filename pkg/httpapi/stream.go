package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// lastEventID is the header by which a listener that comes back says what it has seen.
const lastEventID = "Last-Event-ID"

// How often a listener hears that the line is not dead, where nothing happens.
const stillHere = 15 * time.Second

// events shows how an instance is, and again whenever it has changed, until it has
// ended: GET instances/{id}/events. They are server-sent events.
func events(x *exchange) error {
	showInput, err := x.query.flag("showInput", true)
	if err != nil {
		return err
	}
	now, err := x.client.Get(x.ctx(), x.id)
	if err != nil {
		return err
	}
	if now.Status.Ended() && x.header(lastEventID) == changeID(now) {
		x.status(http.StatusNoContent) // which tells a browser not to come back
		return nil
	}
	if err := x.allowSilence(); err != nil {
		return err
	}
	x.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	x.w.Header().Set("X-Accel-Buffering", "no")
	x.w.WriteHeader(http.StatusOK)
	if x.r.Method == http.MethodHead {
		return nil
	}
	s := &stream{x: x, showInput: showInput, seen: x.header(lastEventID), connection: http.NewResponseController(x.w)}
	if s.connection.Flush() == nil { // there may be nothing to say for a while
		s.run()
	}
	return nil
}

// changeID names how an instance is at one moment.
func changeID(i *client.Instance) string {
	return i.Execution + "-" + strconv.FormatInt(i.Updated.UnixNano(), 36)
}

// change is what a watch says.
type change struct {
	instance *client.Instance
	err      error
}

// stream is what somebody listens to.
type stream struct {
	x          *exchange
	showInput  bool
	connection *http.ResponseController
	// seen is the id of the change that the listener knows.
	seen string
	// over is set when the listener knows that the instance has ended, or is gone.
	over bool
}

// run sends changes until there are no more, the listener is gone, or the API closes.
func (s *stream) run() {
	ctx, cancel := context.WithCancel(s.x.ctx())
	defer context.AfterFunc(s.x.api.closing, cancel)()
	changes := make(chan change)
	var group sync.WaitGroup
	group.Go(func() { s.watch(ctx, changes) })
	defer group.Wait()
	defer cancel()
	pulse := time.NewTicker(stillHere)
	defer pulse.Stop()
	for {
		var err error
		select {
		case c, open := <-changes:
			if !open {
				if s.over {
					_ = s.send("event: end\ndata: {}\n\n") // it is the end in any case
				}
				return
			}
			err = s.tell(c)
		case <-pulse.C:
			err = s.send(": still here\n\n")
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// watch hands over the changes, and closes the channel behind the last.
func (s *stream) watch(ctx context.Context, changes chan<- change) {
	defer close(changes)
	for instance, err := range s.x.client.Watch(ctx, s.x.id) {
		select {
		case changes <- change{instance, err}:
		case <-ctx.Done():
			return
		}
	}
}

func (s *stream) tell(c change) error {
	switch {
	case errors.Is(c.err, client.ErrInstanceNotFound):
		s.over = true
		return s.send("event: purged\ndata: {}\n\n")
	case c.err != nil:
		s.x.failure = c.err
		return c.err
	}
	s.over = c.instance.Status.Ended()
	id := changeID(c.instance)
	if id == s.seen {
		return nil
	}
	s.seen = id
	status := jsonview.NewStatus(c.instance)
	if !s.showInput {
		status.Input = nil
	}
	payload, err := marshal(status)
	if err != nil {
		s.x.failure = err
		return err
	}
	return s.send(fmt.Sprintf("id: %s\nevent: status\ndata: %s\n\n", id, payload))
}

// send writes at once, or not at all.
func (s *stream) send(text string) error {
	_ = s.connection.SetWriteDeadline(time.Now().Add(sendTimeout)) // where there are no deadlines none is in the way
	if _, err := s.x.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.connection.Flush()
}
