package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// purgeOne removes an instance that has ended: DELETE instances/{id}.
func purgeOne(x *exchange) error {
	if err := x.client.Purge(x.ctx(), x.id); err != nil {
		return err
	}
	return showPurged(x, 1)
}

// purgeMany removes instances that have ended and were started in a period: DELETE instances.
func purgeMany(x *exchange) error {
	if x.query.text("createdTimeFrom") == "" {
		return problemf(http.StatusBadRequest, "Please provide value for 'createdTimeFrom' parameter.")
	}
	filter, err := parseFilter(x)
	if err != nil {
		return err
	}
	ctx, cancel, err := x.waitContext(x.api.config.MaxWait)
	if err != nil {
		return err
	}
	defer cancel()
	n, err := x.client.PurgeWhere(ctx, filter)
	switch {
	case n > 0 && (errors.Is(err, client.ErrInstanceUnsettled) || x.timedOut(ctx)):
		// The rest can be removed by the next request. A caller that repeats it until nothing
		// is left removes all.
	case errors.Is(err, context.Canceled) && x.timedOut(ctx):
		return context.DeadlineExceeded // the wait is over
	case err != nil:
		return err
	case n == 0:
		return problemf(http.StatusNotFound, "there is no instance that has ended and is to be removed")
	}
	return showPurged(x, n)
}

func showPurged(x *exchange, n int) error {
	return x.json(http.StatusOK, struct {
		InstancesDeleted int `json:"instancesDeleted"`
	}{n})
}
