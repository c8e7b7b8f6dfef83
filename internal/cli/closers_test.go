package cli_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

func TestClosersCloseLastFirstAndOnce(t *testing.T) {
	t.Parallel()
	var c cli.Closers
	var closed []string
	for _, name := range []string{"server", "connection"} {
		c.OnClose(func() { closed = append(closed, name) })
	}
	c.Close()
	c.Close()
	require.Equal(t, []string{"connection", "server"}, closed)
}
