package httpapi

import (
	"context"
	"net/http"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// terminate ends an instance: POST instances/{id}/terminate.
func terminate(x *exchange) error {
	return x.tell(func(ctx context.Context, id, reason string) error { return x.client.Terminate(ctx, id, reason) })
}

// suspend stops an instance: POST instances/{id}/suspend.
func suspend(x *exchange) error { return x.tell(x.client.Suspend) }

// resume lets it go on: POST instances/{id}/resume.
func resume(x *exchange) error { return x.tell(x.client.Resume) }

// rewind lets a failed instance try again: POST instances/{id}/rewind.
func rewind(x *exchange) error { return x.tell(x.client.Rewind) }

func (x *exchange) tell(do func(ctx context.Context, id, reason string) error) error {
	if err := do(x.ctx(), x.id, x.query.text("reason")); err != nil {
		return err
	}
	x.status(http.StatusAccepted)
	return nil
}

// restartReplies are other ones than elsewhere, as in the original.
var restartReplies = []reply{
	{client.ErrInstanceNotFound, http.StatusBadRequest},
	{client.ErrInvalidName, http.StatusBadRequest},
	{client.ErrInstanceLive, http.StatusConflict},
}

// restart starts an instance again: POST instances/{id}/restart.
func restart(x *exchange) error {
	another, err := x.query.flag("restartWithNewInstanceId", true)
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
	return x.checkStatus(id)
}
