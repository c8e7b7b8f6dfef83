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

// lastEventID is the header in which a listener that comes back tells the last change that it
// has seen.
const lastEventID = "Last-Event-ID"

// stillHere is how often a listener is sent a comment while nothing happens, to show that the
// connection is alive.
const stillHere = 15 * time.Second

// events sends how an instance is, now and after each change, until it has ended: GET
// instances/{id}/events. They are server-sent events.
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
		x.status(http.StatusNoContent) // a 204 tells a browser not to come back
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
	if s.connection.Flush() == nil { // the first change may come much later
		s.run()
	}
	return nil
}

// changeID returns an id for how an instance is at one moment.
func changeID(i *client.Instance) string {
	return i.Execution + "-" + strconv.FormatInt(i.Updated.UnixNano(), 36)
}

// change is a result of a watch.
type change struct {
	instance *client.Instance
	err      error
}

// stream is the connection of one listener.
type stream struct {
	x          *exchange
	showInput  bool
	connection *http.ResponseController
	// seen is the id of the change that the listener knows.
	seen string
	// over is set when the listener knows that the instance has ended or was purged.
	over bool
}

// run sends changes until there are no more, the listener has gone, or the API closes.
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
					_ = s.send("event: end\ndata: {}\n\n") // the stream ends in any case
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

// watch sends the changes to the channel, and closes it behind the last.
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

// send writes a text and flushes it.
func (s *stream) send(text string) error {
	_ = s.connection.SetWriteDeadline(time.Now().Add(sendTimeout)) // a connection without deadlines needs none moved
	if _, err := s.x.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.connection.Flush()
}
