package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// terminate ends an instance: POST instances/{id}/terminate.
func terminate(x *exchange) error {
	return request(x, func(ctx context.Context, id, reason string) error { return x.client.Terminate(ctx, id, reason) })
}

// suspend stops an instance: POST instances/{id}/suspend.
func suspend(x *exchange) error { return request(x, x.client.Suspend) }

// resume lets an instance go on: POST instances/{id}/resume.
func resume(x *exchange) error { return request(x, x.client.Resume) }

// rewind lets a failed instance try again: POST instances/{id}/rewind. If it cannot, the
// answer is a sentence in the words of Durable Functions, whose clients show it.
func rewind(x *exchange) error {
	err := request(x, x.client.Rewind)
	switch {
	case errors.Is(err, client.ErrInstanceNotFound):
		return problemf(http.StatusNotFound, "No orchestration with instance ID %q found.", x.id)
	case errors.Is(err, client.ErrInstanceNotFailed):
		instance, err := x.client.Get(x.ctx(), x.id)
		if err != nil {
			return err
		}
		return problemf(http.StatusPreconditionFailed,
			"This orchestration has status %s, but only orchestrations in the \"Failed\" state can be rewound.", instance.Status)
	}
	return err
}

func request(x *exchange, do func(ctx context.Context, id, reason string) error) error {
	if err := do(x.ctx(), x.id, x.query.text("reason")); err != nil {
		return err
	}
	x.status(http.StatusAccepted)
	return nil
}

const noInstance = "InstanceId does not match a valid orchestration instance."

// restartReplies are the answers of Durable Functions, which differ from those of other
// routes.
var restartReplies = []reply{
	{client.ErrInstanceNotFound, http.StatusBadRequest, noInstance},
	{client.ErrInvalidName, http.StatusBadRequest, noInstance},
	{client.ErrInstanceLive, http.StatusConflict, "A non-terminal instance with this instance ID already exists."},
}

// restart starts an instance again: POST instances/{id}/restart.
func restart(x *exchange) error {
	another, err := x.query.flag("restartWithNewInstanceId", true)
	if err != nil {
		return err
	}
	wait, err := parseEndWait(x)
	if err != nil {
		return err
	}
	var options []client.RestartOption
	if another {
		options = append(options, client.WithNewID(""))
	}
	id, err := x.client.Restart(x.ctx(), x.id, options...)
	if err != nil {
		return err
	}
	return showStarted(x, id, wait)
}
