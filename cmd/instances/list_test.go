package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// A script reads the same times from list as from get.
func TestTimesOfListAreThoseOfGet(t *testing.T) {
	t.Parallel()
	created, updated := noon.Add(999_999_999), noon.Add(time.Minute+1).In(time.FixedZone("", 3600))
	type times struct {
		CreatedTime, LastUpdatedTime string
	}
	read := func(payload any) (got times) {
		t.Helper()
		data, err := json.Marshal(payload)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &got))
		return got
	}
	listed := read(newSummaryPayload(client.Summary{Created: created, Updated: updated}))
	require.Equal(t, times{"2026-03-01T12:00:00Z", "2026-03-01T12:01:00Z"}, listed)
	require.Equal(t, listed, read(jsonview.NewStatus(&client.Instance{Created: created, Updated: updated})))
}
