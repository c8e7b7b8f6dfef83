package jetstream

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// KeepAliveInterval returns how often an activity, or a message of a queue, at work
// must say so.
func (h *Hub) KeepAliveInterval() time.Duration { return h.keepAlive }

// Work hands out the activities of one name, each to a run of handle on a
// goroutine of its own, at most limit at a time, and asks NATS for no more than
// that. It goes on by itself after a reconnect. Stop ends the handing out and
// waits for those at work. The context bounds the call, not the session.
func (h *Hub) Work(ctx context.Context, activity string, limit int, handle func(hub.ActivityDelivery)) (hub.Session, error) {
	token, err := encodeToken("activity name", activity)
	if err != nil {
		return nil, err
	}
	return h.openBench(ctx, benchConfig{
		what: fmt.Sprintf("activity %q", activity), limit: limit,
		stream: h.names.activityStream(), consumer: h.salt.consumer(token), filter: h.names.activities(token),
		take: func(p pulled) func() {
			a, err := h.readActivity(activity, p)
			if err != nil {
				_ = h.reject(p, err.Error())
				return nil
			}
			return func() { handle(hub.ActivityDelivery{Activity: a, Handout: h.handout(p)}) }
		},
	})
}

// readActivity reads <hub>.activity.<name>.<instance>.<task>.
func (h *Hub) readActivity(name string, p pulled) (hub.Activity, error) {
	a := hub.Activity{Name: name, Execution: p.Header.Get(headerExecution)}
	parts := strings.Split(p.Subject, ".")
	if len(parts) != 5 {
		return a, fmt.Errorf("subject has %d parts, must have 5", len(parts))
	}
	instance, err := decodeToken(parts[3])
	if err != nil {
		return a, err
	}
	a.Instance = instance
	if a.Task = (hub.Message{Arg: parts[4]}).Task(); a.Task == 0 {
		return a, fmt.Errorf("%q is not a task number", parts[4])
	}
	if a.Execution == "" {
		return a, fmt.Errorf("header %s is missing", headerExecution)
	}
	call := p.Header.Get(headerCall)
	if a.Call = record.ParseCall(call); a.Call.String() != call {
		return a, fmt.Errorf("header %s: %q is no call", headerCall, call)
	}
	if len(p.Data) > 0 {
		a.Input = p.Data
	}
	return a, nil
}
