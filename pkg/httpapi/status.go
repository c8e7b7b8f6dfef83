package httpapi

import (
	"net/http"

	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// statusOptions say what a status shows.
type statusOptions struct {
	input, history, historyOutput bool
	// failing makes the answer 500 if the instance has failed.
	failing bool
}

func parseStatusOptions(x *exchange) (statusOptions, error) {
	var o statusOptions
	for _, flag := range []struct {
		name      string
		otherwise bool
		value     *bool
	}{
		{"showInput", true, &o.input},
		{"showHistory", false, &o.history},
		{"showHistoryOutput", false, &o.historyOutput},
		{failingParameter, false, &o.failing},
	} {
		var err error
		if *flag.value, err = x.query.flag(flag.name, flag.otherwise); err != nil {
			return o, err
		}
	}
	return o, nil
}

// statusPayload is an instance as the API shows it.
type statusPayload struct {
	jsonview.Status
	HistoryEvents *[]historyRow `json:"historyEvents,omitempty"`
	// History is the same list: a well-known client reads this name.
	History *[]historyRow `json:"history,omitempty"`
}

// get shows an instance: GET instances/{id}.
func get(x *exchange) error {
	options, err := parseStatusOptions(x)
	if err != nil {
		return err
	}
	instance, err := x.client.Get(x.ctx(), x.id)
	if err != nil {
		return err
	}
	return showStatus(x, instance, options)
}

// showStatus answers with an instance; the status code says how it is.
func showStatus(x *exchange, instance *client.Instance, options statusOptions) error {
	var events []client.Event
	if options.history {
		var err error
		if instance, events, err = readHistory(x, instance); err != nil {
			return err
		}
	}
	code := http.StatusOK
	switch {
	case !instance.Status.Ended():
		code = http.StatusAccepted
		x.w.Header().Set("Location", newLinks(x).status(instance.ID))
		x.w.Header().Set("Retry-After", "5")
	case instance.Status == client.Failed && options.failing:
		code = http.StatusInternalServerError
	}
	payload := newStatusPayload(instance, events, options)
	payload.MarkUnregistered(x.client.Registry().Unregistered(x.ctx(), instance))
	return x.json(code, payload)
}

// historyAttempts bounds how often an instance that moves on is read again, so that its
// status and its history are of the same moment.
const historyAttempts = 5

// readHistory returns the history of an instance, and how the instance was then.
func readHistory(x *exchange, instance *client.Instance) (*client.Instance, []client.Event, error) {
	for attempt := 1; ; attempt++ {
		events, err := x.client.History(x.ctx(), instance.ID)
		if err != nil || len(events) == instance.Events || attempt == historyAttempts {
			return instance, events, err
		}
		if instance, err = x.client.Get(x.ctx(), instance.ID); err != nil {
			return nil, nil, err
		}
	}
}

func newStatusPayload(instance *client.Instance, events []client.Event, options statusOptions) statusPayload {
	payload := statusPayload{Status: jsonview.NewStatus(instance)}
	if !options.input {
		payload.Input = nil
	}
	if options.history {
		rows := historyRows(instance, events, options)
		payload.HistoryEvents, payload.History = &rows, &rows
		payload.Children = jsonview.NewChildren(history.Children(events))
	}
	return payload
}
