package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/dormouse-dev/dormouse/internal/jsonview"
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
	wait, err := x.endWait()
	if err != nil {
		return err
	}
	id, err := x.launch(input)
	if err != nil {
		return err
	}
	x.id = id // for the log
	return x.started(id, wait)
}

// endWait is how long a caller waits for the end of what was started.
type endWait struct {
	long time.Duration
	// failing makes the answer 500 where the instance has failed.
	failing bool
}

// endWait returns how long the caller wants to wait. Nothing is polled here; but an
// interval that the original refuses is refused.
func (x *exchange) endWait() (w endWait, err error) {
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
	w.failing, err = x.query.flag("returnInternalServerErrorOnFailure", false)
	return w, err
}

// started answers for an instance that was started.
func (x *exchange) started(id string, wait endWait) error {
	if wait.long == 0 {
		return x.checkStatus(id)
	}
	return x.awaitOutput(id, wait)
}

// launch starts the instance, and returns its id.
func (x *exchange) launch(input json.RawMessage) (string, error) {
	options := []client.StartOption{client.WithInstanceID(x.id), client.WithOrchestratorVersion(x.query.text("version"))}
	if !x.mayReplace {
		options = append(options, client.WithIDReuse(client.NeverReuse))
	}
	if key := x.idempotencyKey(); key != "" {
		return x.launchOnce(key, input, options)
	}
	return x.client.Start(x.ctx(), x.name, input, options...)
}

// awaitOutput answers with the output, if the instance ends in time.
func (x *exchange) awaitOutput(id string, wait endWait) error {
	if err := x.settle(); err != nil {
		return err
	}
	ctx, cancel := x.patience(wait.long)
	defer cancel()
	instance, err := x.client.Wait(ctx, id)
	switch {
	case err != nil && x.gaveUp(ctx):
		return x.checkStatus(id)
	case err != nil && x.ctx().Err() != nil:
		return err // who asked is gone
	case err != nil:
		// It has started, whatever is wrong with waiting for it.
		x.failure = err
		return x.checkStatus(id)
	case instance.Status != client.Completed:
		return x.showStatus(instance, statusOptions{input: true, failing: wait.failing})
	}
	return x.json(http.StatusOK, jsonview.NewStatus(instance).Output)
}
