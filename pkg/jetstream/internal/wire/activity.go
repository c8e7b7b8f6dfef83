package wire

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Activity writes the run of an activity.
func (c *Codec) Activity(a *hub.Activity) (*nats.Msg, error) {
	name, err := EncodeToken("activity name", a.Name)
	if err != nil {
		return nil, err
	}
	t, err := newTask(a.Instance, a.Execution, a.Task)
	if err != nil {
		return nil, err
	}
	header := nats.Header{ExecutionHeader: {a.Execution}, js.MsgIDHeader: {t.id()}}
	if call := a.Call.String(); call != "" {
		header[CallHeader] = []string{call}
	}
	return &nats.Msg{Subject: c.Names.Work.activity(name, t), Header: header, Data: a.Input}, nil
}

// ReadActivity reads a run of the activity of that name:
// <hub>.activity.<name>.<instance>.<task>.
func ReadActivity(name string, d Delivered) (hub.Activity, error) {
	a := hub.Activity{Name: name, Execution: d.Header.Get(ExecutionHeader)}
	parts := strings.Split(d.Subject, ".")
	if len(parts) != 5 {
		return a, fmt.Errorf("subject has %d parts, must have 5", len(parts))
	}
	instance, err := DecodeToken(parts[3])
	if err != nil {
		return a, err
	}
	a.Instance = instance
	if a.Task = (hub.Message{Arg: parts[4]}).Task(); a.Task == 0 {
		return a, fmt.Errorf("%q is not a task number", parts[4])
	}
	if a.Execution == "" {
		return a, fmt.Errorf("header %s is missing", ExecutionHeader)
	}
	call := d.Header.Get(CallHeader)
	if a.Call = record.ParseCall(call); a.Call.String() != call {
		return a, fmt.Errorf("header %s: %q is no call", CallHeader, call)
	}
	if len(d.Data) > 0 {
		a.Input = d.Data
	}
	return a, nil
}
