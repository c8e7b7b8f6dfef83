package jetstream_test

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// consumerOf returns the name of the durable consumer that is for something, of which
// only who may list consumers knows the end.
func consumerOf(t *testing.T, nc *nats.Conn, stream, what string) string {
	t.Helper()
	s, err := mustJetStream(t, nc).Stream(t.Context(), stream)
	require.NoError(t, err)
	var found string
	require.Eventually(t, func() bool {
		for name := range s.ConsumerNames(t.Context()).Name() {
			if strings.HasPrefix(name, what+"-") && len(name) == len(what)+1+16 {
				found = name
			}
		}
		return found != ""
	}, maxWait, soon, "there is no consumer %s of %s", what, stream)
	return found
}
