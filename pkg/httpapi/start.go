package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// defaultStartWait is how long a start waits that gives a polling interval but no timeout, as
// in Durable Functions.
const defaultStartWait = 10 * time.Second

// start starts an instance: POST orchestrators/{name}[/{id}].
func start(x *exchange) error {
	input, err := x.body.json()
	if err != nil {
		return err
	}
	if x.id == "." || x.id == ".." {
		return problemf(http.StatusBadRequest, "no URL can lead to an instance %q: choose another id", x.id)
	}
	wait, err := parseEndWait(x)
	if err != nil {
		return err
	}
	id, err := launch(x, input)
	if err != nil {
		return err
	}
	x.id = id // for the log
	return showStarted(x, id, wait)
}

// endWait says how long a caller waits for the end of the instance that it starts.
type endWait struct {
	long time.Duration
	// failing makes the answer 500 if the instance has failed.
	failing bool
}

// parseEndWait returns how long the caller wants to wait. Nothing is polled here, but an
// interval that Durable Functions refuses is refused.
func parseEndWait(x *exchange) (w endWait, err error) {
	var given bool
	if w.long, given, err = x.query.seconds("timeout"); err != nil {
		return w, err
	}
	interval, polls, err := x.query.seconds("pollingInterval")
	if err != nil {
		return w, err
	}
	if polls && !given {
		w.long = defaultStartWait
	}
	if interval > w.long {
		return w, problemf(http.StatusBadRequest, "pollingInterval must not be longer than timeout")
	}
	w.failing, err = x.query.flag(failingParameter, false)
	return w, err
}

// showStarted answers for an instance that was started.
func showStarted(x *exchange, id string, wait endWait) error {
	if wait.long == 0 {
		return showCheckStatus(x, id)
	}
	return awaitOutput(x, id, wait)
}

// launch starts the instance, and returns its id.
func launch(x *exchange, input json.RawMessage) (string, error) {
	options := []client.StartOption{client.WithInstanceID(x.id), client.WithOrchestratorVersion(x.query.text("version"))}
	if !x.mayReplace {
		options = append(options, client.WithIDReuse(client.NeverReuse))
	}
	if key := idempotencyKeyOf(x); key != "" {
		return launchOnce(x, key, input, options)
	}
	return x.client.Start(x.ctx(), x.name, input, options...)
}

// awaitOutput answers with the output if the instance ends in time.
func awaitOutput(x *exchange, id string, wait endWait) error {
	ctx, cancel, err := x.waitContext(wait.long)
	if err != nil {
		return err
	}
	defer cancel()
	instance, err := x.client.Wait(ctx, id)
	switch {
	case err != nil && x.timedOut(ctx):
		return showCheckStatus(x, id)
	case err != nil && x.ctx().Err() != nil:
		return err // the caller has gone
	case err != nil:
		// The instance has started, even if waiting for its end fails.
		x.failure = err
		return showCheckStatus(x, id)
	case instance.Status != client.Completed:
		return showStatus(x, instance, statusOptions{input: true, failing: wait.failing})
	}
	return x.json(http.StatusOK, jsonview.NewStatus(instance).Output)
}
