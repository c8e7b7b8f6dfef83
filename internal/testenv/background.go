package testenv

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// stopLimit is how long a function of [Background] may take to return.
const stopLimit = time.Minute

// Background runs a function in the background until the test ends or stop is called,
// and then cancels its context. The function must return within a minute and without an
// error.
func Background(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			assert.NoError(t, err) // FailNow in a OnceFunc would end all tests
		case <-time.After(stopLimit):
			assert.Fail(t, "a function in the background does not return")
		}
	})
	t.Cleanup(stop)
	return stop
}
