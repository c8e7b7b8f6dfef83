package client_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// A status names activities that no worker has registered. The hub is asked only if the
// instance waits for an activity, and a hub that does not answer is no error.
func TestStatusNamesActivitiesThatNobodyHas(t *testing.T) {
	t.Parallel()
	hub := newFakeHub()
	hub.activities = []string{"Mail"}
	c := client.New(hub)
	waiting := &client.Instance{ID: "a", Name: "Greet", Status: client.Running, Created: noon, Updated: noon, Waits: []client.Wait{
		{Kind: client.WaitEvent, Name: "Mial", Since: noon},
	}}
	require.Empty(t, c.Registry().Unregistered(t.Context(), waiting))
	require.Zero(t, hub.asked, "an event needs no worker that has it")

	waiting.Waits = append(waiting.Waits,
		client.Wait{Kind: client.WaitActivity, Name: "Mail", Task: 1, Since: noon},
		client.Wait{Kind: client.WaitActivity, Name: "Mial", Task: 2, Since: noon},
		client.Wait{Kind: client.WaitActivity, Name: "Mial", Task: 3, Since: noon})
	payload := jsonview.NewStatus(waiting)
	payload.MarkUnregistered(c.Registry().Unregistered(t.Context(), waiting))
	shown, err := json.Marshal(payload.WaitingFor)
	require.NoError(t, err)
	require.JSONEq(t, `[
		{"kind": "event", "name": "Mial", "since": "2026-03-01T12:00:00.5Z"},
		{"kind": "activity", "name": "Mail", "task": 1, "since": "2026-03-01T12:00:00.5Z"},
		{"kind": "activity", "name": "Mial", "task": 2, "since": "2026-03-01T12:00:00.5Z", "unregistered": true},
		{"kind": "activity", "name": "Mial", "task": 3, "since": "2026-03-01T12:00:00.5Z", "unregistered": true}
		]`, string(shown))

	hub.forgetful = errors.New("no answer")
	require.Empty(t, c.Registry().Unregistered(t.Context(), waiting))
	hub.forgetful, hub.activities = nil, nil
	require.Empty(t, c.Registry().Unregistered(t.Context(), waiting), "all workers are from before there was such a list")
}
