package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// diary is the file in which executions are counted: each that begins adds a line
// with the instance, the execution and the time.
type diary struct{ path string }

// begin is the activity that every orchestrator calls first. A worker that dies over
// it leaves two lines of one execution; two executions leave two different lines.
func (d *diary) begin(ctx context.Context, _ orchestration.None) (orchestration.None, error) {
	info, _ := orchestration.ActivityInfoFrom(ctx)
	return orchestration.None{}, appendLine(d.path, fmt.Sprintf("%s %s %d\n", info.InstanceID, info.ExecutionID, trueTime().UnixMicro()))
}

// stamp is the activity that tells the time.
func stamp(context.Context, orchestration.None) (int64, error) { return trueTime().UnixMicro(), nil }

// note is an activity that takes some time, so that a worker may die over it.
func note(ctx context.Context, item string) (string, error) {
	select {
	case <-time.After(5 * time.Millisecond):
		return item, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// appendLine adds a line to a file, in one write.
func appendLine(path, line string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(line)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
