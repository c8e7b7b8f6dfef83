package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
	"github.com/dormouse-dev/dormouse/test/chaos/record"
)

// exitPoisoned is the exit code of a worker that its code has killed.
const exitPoisoned = 7

// kill ends the process, unless the dose is used up.
func kill(d record.Dose) error {
	before, err := os.ReadFile(d.Deaths)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if strings.Count(string(before), "\n") >= d.Most {
		return nil
	}
	if err := appendLine(d.Deaths, "died\n"); err != nil {
		return err
	}
	os.Exit(exitPoisoned)
	return nil
}

// killer kills the worker as soon as the item has come, and whenever it is taken up
// from then on.
func killer(ctx *orchestration.Context, d record.Dose) (string, error) {
	if _, err := orchestration.Event[record.Said](record.Item).Wait(ctx).Await(); err != nil {
		return "", err
	}
	return "the dose is used up", kill(d)
}

// die is the activity that kills its worker.
func die(_ context.Context, d record.Dose) (string, error) { return "the dose is used up", kill(d) }

// deadly returns the type of the failure of an activity that kills its worker.
func deadly(ctx *orchestration.Context, d record.Dose) (string, error) {
	said, err := orchestration.CallActivity[string](ctx, "Die", d).Await()
	var failed *orchestration.TaskFailedError
	if errors.As(err, &failed) {
		return failed.Failure.Type, nil
	}
	return said, err
}

// foreign waits for a task on a goroutine that is not the orchestrator's, as nobody
// should.
func foreign(ctx *orchestration.Context, _ orchestration.None) (string, error) {
	if _, err := orchestration.Event[record.Said](record.Item).Wait(ctx).Await(); err != nil {
		return "", err
	}
	waited := make(chan error)
	go func() {
		_, err := orchestration.Event[string]("Never").Wait(ctx).Await()
		waited <- err
	}()
	return "it waited", <-waited
}
