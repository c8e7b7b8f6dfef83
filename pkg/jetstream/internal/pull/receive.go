package pull

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// run takes in events until the feed is over.
func (f *Feed) run() {
	defer close(f.out)
	defer f.nc.RemoveStatusListener(f.status)
	defer f.unsubscribe()
	ticker := time.NewTicker(f.config.Heartbeat)
	defer ticker.Stop()
	for f.machine.state < draining {
		if err := f.request(); err != nil {
			f.on(event{input: broken, err: err}, nil)
		} else {
			f.on(f.next(ticker.C))
		}
		if isClosed(f.quit) {
			f.on(event{input: stop}, nil)
		}
	}
	f.linger()
	if f.machine.err != nil && !isClosed(f.quit) {
		f.err = f.machine.err
		close(f.failed)
	}
}

// on takes in one event, and the message that came with it.
func (f *Feed) on(e event, m *nats.Msg) {
	before := f.machine.state
	switch f.machine.on(e) {
	case deliver:
		select {
		case f.out <- wire.Delivered{Msg: m, Ack: e.ack}:
		default:
			f.machine.on(event{input: broken, err: fmt.Errorf("more messages came than were asked for: %d", f.machine.held)})
		}
	case setAside:
		f.unread = append(f.unread, m)
	}
	if after := f.machine.state; before == unheard && (after == greeted || after == flowing) {
		close(f.alive)
	}
}

// next waits for the next event.
func (f *Feed) next(ticks <-chan time.Time) (event, *nats.Msg) {
	select {
	case m, open := <-f.inbox:
		return received(m, open)
	case <-f.poke:
		return event{input: given, count: int(f.given.Swap(0))}, nil
	case <-ticks:
		return event{input: tick}, nil
	case <-f.status:
		return event{input: broken, err: ErrDisconnected}, nil
	case <-f.quit:
		return event{input: stop}, nil
	}
}

func received(m *nats.Msg, open bool) (event, *nats.Msg) {
	if !open {
		return event{input: broken, err: ErrDisconnected}, nil
	}
	return eventOf(m), m
}

// linger takes in the messages that are on their way when the feed is stopped: until all
// have come that were asked for, or nothing comes any more.
func (f *Feed) linger() {
	if f.machine.state != draining {
		return
	}
	silence := time.NewTimer(f.config.Linger)
	defer silence.Stop()
	for f.machine.state == draining {
		select {
		case m, open := <-f.inbox:
			f.on(received(m, open))
			silence.Reset(f.config.Linger)
		case <-silence.C:
			f.on(event{input: quiet}, nil)
		case <-f.status:
			f.on(event{input: broken, err: ErrDisconnected}, nil)
		}
	}
}

// unsubscribe sets aside the messages that have come and were not taken in.
func (f *Feed) unsubscribe() {
	_ = f.sub.Unsubscribe()
	for {
		select {
		case m, open := <-f.inbox:
			if !open {
				return
			}
			if m.Reply != "" {
				f.unread = append(f.unread, m)
			}
		default:
			return
		}
	}
}

// pullRequest is the body of a request for messages.
type pullRequest struct {
	Batch     int           `json:"batch"`
	Expires   time.Duration `json:"expires,omitempty"`
	MaxBytes  int           `json:"max_bytes,omitempty"`
	Heartbeat time.Duration `json:"idle_heartbeat,omitempty"`
	NoWait    bool          `json:"no_wait,omitempty"`
	Group     string        `json:"group,omitempty"`
}

// request asks for as many messages as the machine says.
func (f *Feed) request() error {
	batch, atOnce := f.machine.request()
	if batch == 0 {
		return nil
	}
	r := pullRequest{
		Batch: batch, NoWait: atOnce, Group: f.config.Group, MaxBytes: max(pullBytes, 2*int(f.nc.MaxPayload())),
	}
	if !atOnce {
		r.Expires, r.Heartbeat = pullExpires, f.config.Heartbeat
	}
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	subject := f.config.API + "CONSUMER.MSG.NEXT." + f.config.Stream + "." + f.config.Consumer
	if err := f.nc.PublishRequest(subject, f.sub.Subject, body); err != nil {
		return SendError(err)
	}
	f.machine.requested(batch)
	return nil
}
