package testenv_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/testenv"
)

func TestClear(t *testing.T) {
	for _, name := range []string{"NATS_URL", "DORMOUSE_HUB", "DORMOUSE_TEST_X", "OTHER_NATS_URL"} {
		t.Setenv(name, "set=so")
	}
	testenv.Clear()
	require.Empty(t, os.Getenv("NATS_URL"))
	require.Empty(t, os.Getenv("DORMOUSE_HUB"))
	require.Equal(t, "set=so", os.Getenv("DORMOUSE_TEST_X"))
	require.Equal(t, "set=so", os.Getenv("OTHER_NATS_URL"))
}
