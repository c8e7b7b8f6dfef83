package jetstream

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

type pullRequest struct {
	Batch     int           `json:"batch"`
	Expires   time.Duration `json:"expires,omitempty"`
	MaxBytes  int           `json:"max_bytes,omitempty"`
	Heartbeat time.Duration `json:"idle_heartbeat,omitempty"`
	NoWait    bool          `json:"no_wait,omitempty"`
	Group     string        `json:"group,omitempty"`
}

// ask requests as many messages as there is room for, when there is room for half
// a window or nothing is on its way. The first request of a feed is for what is there:
// the server answers it at once. There is no other beside it, since the server would take
// that one for the end.
func (f *feed) ask() error {
	room := f.config.window - f.asked - f.held
	small, atOnce := 2*room < f.config.window, !f.greeted
	if room <= 0 || f.asked > 0 && (small || atOnce) {
		return nil
	}
	request := pullRequest{
		Batch: room, NoWait: atOnce, Group: f.config.group, MaxBytes: max(pullBytes, 2*int(f.nc.MaxPayload())),
	}
	if !atOnce {
		request.Expires, request.Heartbeat = pullExpires, f.config.heartbeat
	}
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	subject := f.config.api + "CONSUMER.MSG.NEXT." + f.config.stream + "." + f.config.consumer
	if err := f.nc.PublishRequest(subject, f.sub.Subject, body); err != nil {
		return sendError(err)
	}
	f.asked += room
	f.quiet = 0
	return nil
}

// take takes in what comes from the server. What it says of itself has no reply
// subject; a header that a publisher can set does not tell the two apart.
func (f *feed) take(m *nats.Msg) error {
	f.quiet = 0
	takeIn := f.takeMessage
	if m.Reply == "" {
		takeIn = f.takeStatus
	}
	if err := takeIn(m); err != nil {
		return err
	}
	if !f.heard {
		f.heard = true
		close(f.alive)
	}
	return nil
}

func (f *feed) takeMessage(m *nats.Msg) error {
	ack, ok := wire.ParseAck(m.Reply)
	if !ok {
		return fmt.Errorf("cannot read the ack subject %q", m.Reply)
	}
	if f.config.ordered && ack.Delivery != f.last+1 {
		return fmt.Errorf("%w: number %d came after %d", errGap, ack.Delivery, f.last)
	}
	f.last = ack.Delivery
	f.asked--
	f.greeted = f.greeted || f.asked == 0
	f.held++
	select {
	case f.out <- wire.Delivered{Msg: m, Ack: ack}:
		return nil
	default:
		return fmt.Errorf("more messages came than were asked for: %d", f.held)
	}
}

func (f *feed) takeStatus(m *nats.Msg) error {
	status, description := m.Header.Get("Status"), m.Header.Get("Description")
	switch {
	case status == "100":
		return nil
	case !f.greeted && (status == "404" || status == "408"):
		f.greeted, f.asked = true, 0
		return nil
	case status == "408",
		status == "409" && (description == "Message Size Exceeds MaxBytes" || description == "Batch Completed"):
		left, err := strconv.Atoi(m.Header.Get("Nats-Pending-Messages"))
		if err != nil {
			return fmt.Errorf("cannot read how a request ended: %s %s", status, description)
		}
		f.asked -= left
		f.greeted = f.greeted || f.asked == 0
		return nil
	}
	return endError(status, description)
}

// endError says why the server delivers nothing more.
func endError(status, description string) error {
	switch {
	case status == "503":
		return errNoConsumer
	case status == "409" && strings.Contains(description, "Server Shutdown"):
		return errDisconnected
	case status == "409" && strings.Contains(description, "Consumer Deleted"),
		status == "400" && strings.Contains(description, "Priority Group"):
		return errTakenOver
	}
	return fmt.Errorf("NATS ended the delivery: %s %s", status, description)
}
