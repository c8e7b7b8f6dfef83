package orchestration

import (
	"context"
	"errors"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/payload"
	"github.com/dormouse-dev/dormouse/internal/rawjson"
	"github.com/dormouse-dev/dormouse/internal/replay"
)

// errNoActivity: a function for activities was called from elsewhere.
var errNoActivity = errors.New("the context is not an activity's")

// mostDetails bounds the details of a heartbeat, in bytes.
const mostDetails = 16 << 10

// Heartbeat says how far an activity has come, for a later run or attempt of the
// same call to go on from: see [HeartbeatDetails]. It does not wait until the
// details are stored; of many in a row the last counts, and those right before
// a crash may be lost. They are gone when the activity has succeeded.
//
// An activity that says nothing is kept alive all the same, by its worker: it is
// handed to another only if that falls silent.
//
// It returns an error if ctx is not an activity's, or if details cannot be written as
// JSON or take more than 16 KiB ([ErrTooLarge]).
func Heartbeat(ctx context.Context, details any) error {
	run, ok := replay.RunFrom(ctx)
	if !ok {
		return fmt.Errorf("heartbeat: %w", errNoActivity)
	}
	data, err := rawjson.Encode(details)
	if err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	if len(data) > mostDetails {
		return fmt.Errorf("%w: details of %d bytes, the limit is %d", ErrTooLarge, len(data), mostDetails)
	}
	if run.Heartbeat != nil {
		run.Heartbeat(data)
	}
	return nil
}

// HeartbeatDetails reads the last details that an earlier run or attempt of this call gave to
// [Heartbeat] into details, and reports whether there were any. It returns an error if ctx is
// not an activity's, or if they do not fit details.
func HeartbeatDetails(ctx context.Context, details any) (bool, error) {
	run, ok := replay.RunFrom(ctx)
	if !ok {
		return false, fmt.Errorf("heartbeat details: %w", errNoActivity)
	}
	if run.Details == nil {
		return false, nil
	}
	if err := payload.Unmarshal(run.Details, details, true); err != nil {
		return false, fmt.Errorf("heartbeat details: %w", err)
	}
	return true, nil
}
