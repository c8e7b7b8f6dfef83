package integration

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/port"
)

// address returns where a server of the test can listen, again after each time that
// it was killed, until the test ends.
func address(t testing.TB) string {
	t.Helper()
	at, release, err := port.Reserve()
	require.NoError(t, err)
	t.Cleanup(release)
	return at
}
