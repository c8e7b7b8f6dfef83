package jetstream_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// Where a stream of a cluster has no leader just now, nobody answers for it, not even
// that there is none. Here the test answers, from the second request on.
func TestUnansweredRequestIsMadeAgain(t *testing.T) {
	t.Parallel()
	s := natstest.StartWith(t, &server.Options{DontListen: true})
	nc := natstest.Connect(t, s)
	var asked atomic.Int64
	_, err := nc.Subscribe("$JS.API.STREAM.MSG.GET.KV_default", func(m *nats.Msg) {
		if asked.Add(1) > 1 {
			_ = m.Respond([]byte(`{"error":{"code":404,"err_code":10037,"description":"no message found"}}`))
		}
	})
	require.NoError(t, err)
	h, err := jetstream.OpenBlind(nc, jetstream.Config{})
	require.NoError(t, err)

	begun := time.Now()
	v, _, err := h.LoadLatest(t.Context(), "i")
	require.NoError(t, err)
	require.Nil(t, v)
	require.EqualValues(t, 2, asked.Load())
	require.Less(t, time.Since(begun), 8*time.Second)
}
