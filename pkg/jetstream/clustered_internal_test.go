package jetstream

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A start needs no extra round trip where one server stores everything in the
// order it is sent in.
func TestOneServerIsNoCluster(t *testing.T) {
	t.Parallel()
	require.False(t, openEmbedded(t).requests.clustered)
}
