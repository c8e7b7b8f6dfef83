package worker

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// countingHub counts how many instances lists read.
type countingHub struct {
	*memhub.Hub
	read int
}

func (h *countingHub) Scan(ctx context.Context, cursor uint64, visit func(history.Summary) bool) error {
	return h.Hub.Scan(ctx, cursor, func(s history.Summary) bool {
		h.read++
		return visit(s)
	})
}

// dusty is a hub to sweep, with the revisions of its instances.
type dusty struct {
	*testing.T
	hub       *countingHub
	broom     broom
	revisions map[string]uint64
}

func newDusty(t *testing.T) *dusty {
	hub := &countingHub{Hub: memhub.New(memhub.Config{})}
	return &dusty{T: t, hub: hub, broom: broom{client: client.New(hub)}, revisions: map[string]uint64{}}
}

func (d *dusty) put(id string, status history.Status, kept ...record.Event) {
	d.Helper()
	revision, err := d.hub.Commit(d.Context(), id, &record.InstanceRecord{Status: status, Execution: "e", Kept: kept}, d.revisions[id])
	require.NoError(d, err)
	d.revisions[id] = revision
}

// sweeps sweeps what is older than the time, and tells how many were purged and read.
func (d *dusty) sweeps(until time.Time) (purged, read int) {
	d.Helper()
	d.hub.read, d.broom.sweeps = 0, 0 // each moves on
	purged, err := d.broom.purge(d.Context(), until)
	require.NoError(d, err)
	return purged, d.hub.read
}

// An instance that waits for longer than ended ones are kept is read once, and not by every sweep.
func TestSweepDoesNotReadAgainWhatWaits(t *testing.T) {
	t.Parallel()
	d := newDusty(t)
	for i := range 100 {
		d.put(fmt.Sprint("waits", i), history.Running)
	}
	later := time.Now().Add(time.Hour)
	_, read := d.sweeps(later)
	require.GreaterOrEqual(t, read, 100)
	_, read = d.sweeps(later)
	require.Zero(t, read)

	d.put("waits7", history.Completed)
	d.put("new", history.Completed)
	purged, read := d.sweeps(later)
	require.Equal(t, 2, purged, "what has ended meanwhile is found")
	require.Less(t, read, 10)

	for range 3 * broomRest {
		_, err := d.broom.purge(t.Context(), later)
		require.NoError(t, err)
	}
	require.Less(t, d.hub.read, 10)

	d.broom.begun = time.Now().Add(-broomLife - time.Second)
	_, read = d.sweeps(later)
	require.GreaterOrEqual(t, read, 99, "now and then all is read")
}

// An ended instance that is not due yet, or cannot be purged yet, is not passed over.
func TestSweepPassesNothingOverThatIsDueLater(t *testing.T) {
	t.Parallel()
	d := newDusty(t)
	d.put("waits", history.Running)
	d.put("young", history.Completed)
	now := time.Now()
	for _, until := range []time.Time{now.Add(-time.Hour), now.Add(-broomLag), now.Add(-30 * time.Second), now.Add(-time.Second)} {
		purged, _ := d.sweeps(until)
		require.Zero(t, purged, until)
	}
	purged, _ := d.sweeps(now.Add(time.Minute))
	require.Equal(t, 1, purged)

	d = newDusty(t)
	d.put("keeps", history.Completed, record.Raised("E", "", nil).KeepUntil(time.Now().Add(time.Hour)))
	d.put("waits", history.Running)
	for range 3 {
		purged, read := d.sweeps(now.Add(time.Hour))
		require.Zero(t, purged)
		require.NotZero(t, read)
	}
	require.Empty(t, d.broom.place)
}

// A place in a hub that was removed and made anew is given up.
func TestSweepBeginsAgainInAnotherHub(t *testing.T) {
	t.Parallel()
	d := newDusty(t)
	d.put("waits", history.Running)
	later := time.Now().Add(time.Hour)
	d.sweeps(later)
	require.NotEmpty(t, d.broom.place)
	other := newDusty(t)
	other.put("ended", history.Completed)
	other.broom.place, other.broom.begun = "1-nonsense", time.Now()
	_, err := other.broom.purge(t.Context(), later)
	require.ErrorIs(t, err, client.ErrInvalidToken)
	purged, _ := other.sweeps(later)
	require.Equal(t, 1, purged)
}
