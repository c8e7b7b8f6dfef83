package jetstream

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServerVersions(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.14.0", "2.15.2", "2.15.0-RC.1", "3.0.0", "", "dev"} {
		require.NoError(t, checkServer(version), version)
	}
	for _, version := range []string{"2.13.9", "2.9.0", "1.99.0"} {
		require.ErrorIs(t, checkServer(version), ErrOldServer, version)
	}
}
