package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// Timer writes a message schedule of the server (ADR-51 of NATS): at its time the server
// stores the message at the target and removes the schedule. The time is written in full;
// the client library's option for it cuts off the parts of a second, and a timer must never
// fire early.
func (c *Codec) Timer(timer *hub.Timer) (*nats.Msg, error) {
	t, err := newTask(timer.Instance, timer.Execution, timer.Task)
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: c.Names.Timers.set(t), Header: nats.Header{
		js.ScheduleHeader:       {"@at " + timer.At.UTC().Format(time.RFC3339Nano)},
		js.ScheduleTargetHeader: {c.Names.Timers.due(t)},
	}}, nil
}

// TimerSubject is where the timer is kept until its time.
func (c *Codec) TimerSubject(timer *hub.Timer) (string, error) {
	t, err := newTask(timer.Instance, timer.Execution, timer.Task)
	return c.Names.Timers.set(t), err
}

// Fired writes the control message for a timer that is due, from the subject where the
// timer is then: <hub>.due.<instance>.<execution>.<task>. The number of the due message is
// part of the message id: a timer that is set again fires again.
func (c *Codec) Fired(due Delivered) (*nats.Msg, error) {
	parts := strings.Split(due.Subject, ".")
	if len(parts) != 5 {
		return nil, fmt.Errorf("subject has %d parts, must have 5", len(parts))
	}
	instance, err := DecodeToken(parts[2])
	if err != nil {
		return nil, err
	}
	execution, err := DecodeToken(parts[3])
	if err != nil {
		return nil, err
	}
	number := hub.Message{Arg: parts[4]}.Task()
	if number == 0 {
		return nil, fmt.Errorf("%q is not a task number", parts[4])
	}
	t, err := newTask(instance, execution, number)
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: c.Names.Control.to(t.instance, Fired) + "." + t.number, Header: nats.Header{
		ExecutionHeader: {execution},
		js.MsgIDHeader:  {c.Key.id(t.id() + "/" + string(Fired) + "/" + strconv.FormatUint(due.Ack.Seq, 10))},
	}}, nil
}
