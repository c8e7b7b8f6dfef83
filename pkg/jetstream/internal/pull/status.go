package pull

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// eventOf reads a message from the server as an event. A status has no reply subject; headers
// do not tell the two apart, since publishers can set them.
func eventOf(m *nats.Msg) event {
	if m.Reply == "" {
		return statusOf(m)
	}
	ack, ok := wire.ParseAck(m.Reply)
	if !ok {
		return event{input: broken, err: fmt.Errorf("cannot read the ack subject %q", m.Reply)}
	}
	return event{input: message, ack: ack}
}

func statusOf(m *nats.Msg) event {
	status, description := m.Header.Get("Status"), m.Header.Get("Description")
	switch {
	case status == "100":
		return event{input: heartbeat}
	case status == "404":
		return event{input: none, err: endError(status, description)}
	case status == "408":
		return ended(expired, m)
	case status == "409" && (description == "Message Size Exceeds MaxBytes" || description == "Batch Completed"):
		return ended(cut, m)
	}
	return event{input: broken, err: endError(status, description)}
}

// ended is the end of a request.
func ended(how input, m *nats.Msg) event {
	left, err := strconv.Atoi(m.Header.Get("Nats-Pending-Messages"))
	if err != nil {
		err = fmt.Errorf("cannot read how a request ended: %s %s", m.Header.Get("Status"), m.Header.Get("Description"))
		return event{input: how, left: -1, err: err}
	}
	return event{input: how, left: left}
}

// endError says why the server delivers nothing more.
func endError(status, description string) error {
	switch {
	case status == "503":
		return ErrNoConsumer
	case status == "409" && strings.Contains(description, "Server Shutdown"):
		return ErrDisconnected
	case status == "409" && strings.Contains(description, "Consumer Deleted"),
		status == "400" && strings.Contains(description, "Priority Group"):
		return ErrTakenOver
	}
	return fmt.Errorf("NATS ended the delivery: %s %s", status, description)
}
