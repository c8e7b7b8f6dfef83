package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// The wait of a start that says how often to poll but not how long, as in the
// original.
const defaultStartWait = 10 * time.Second

// start starts an instance: POST orchestrators/{name}[/{id}].
func start(x *exchange) error {
	input, err := x.body()
	if err != nil {
		return err
	}
	if x.id == "." || x.id == ".." {
		return problemf(http.StatusBadRequest, "no URL can lead to an instance %q: choose another id", x.id)
	}
	wait, err := x.startWait()
	if err != nil {
		return err
	}
	failing, err := x.query.flag("returnInternalServerErrorOnFailure", false)
	if err != nil {
		return err
	}
	id, err := x.launch(input)
	if err != nil {
		return err
	}
	x.id = id // for the log
	if wait == 0 {
		return x.checkStatus(id)
	}
	return x.awaitOutput(id, wait, failing)
}

// startWait returns how long the caller wants to wait for the end. Nothing is polled
// here; but what the original refuses is refused.
func (x *exchange) startWait() (time.Duration, error) {
	wait, given, err := x.query.seconds("timeout")
	if err != nil {
		return 0, err
	}
	interval, polls, err := x.query.seconds("pollingInterval")
	if err != nil {
		return 0, err
	}
	if polls && !given {
		wait = defaultStartWait
	}
	if interval > wait {
		return 0, problemf(http.StatusBadRequest, "pollingInterval must not be longer than timeout")
	}
	return wait, nil
}

// launch starts the instance, and returns its id.
func (x *exchange) launch(input json.RawMessage) (string, error) {
	if key := x.idempotencyKey(); key != "" {
		return x.launchOnce(key, input)
	}
	return x.client.Start(x.ctx(), x.name, input, client.WithInstanceID(x.id))
}

// awaitOutput answers with the output, if the instance ends in time.
func (x *exchange) awaitOutput(id string, wait time.Duration, failing bool) error {
	if err := x.settle(); err != nil {
		return err
	}
	ctx, cancel := x.patience(wait)
	defer cancel()
	instance, err := x.client.Wait(ctx, id)
	switch {
	case err != nil && x.gaveUp(ctx):
		return x.checkStatus(id)
	case err != nil:
		return err
	case instance.Status != client.Completed:
		return x.showStatus(instance, statusOptions{input: true, failing: failing})
	}
	return x.json(http.StatusOK, instance.StatusPayload().Output)
}
