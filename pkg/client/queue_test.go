package client_test

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/memhub"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func TestSendToQueue(t *testing.T) {
	t.Parallel()
	c := client.New(memhub.New(memhub.Config{}))
	for _, tt := range []struct {
		body any
		want string
	}{
		{[]byte("plain \xff"), "plain \xff"},
		{"text", `"text"`},
		{json.RawMessage(`{"a": 1}`), `{"a": 1}`},
		{map[string]int{"a": 1}, `{"a":1}`},
		{nil, ""},
		{[]byte{}, ""},
	} {
		require.NoError(t, c.Queues().Send(t.Context(), "q", tt.body))
		got, err := c.Queues().Peek(t.Context(), "q", 0, 2)
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, tt.want, string(got[0].Data))
		n, err := c.Queues().Purge(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}
}

func TestSendToQueueRefuses(t *testing.T) {
	t.Parallel()
	c := client.New(memhub.New(memhub.Config{MaxPayload: 100}))
	for _, tt := range []struct {
		queue string
		body  any
		id    string
		want  error
	}{
		{"", nil, "", client.ErrInvalidName},
		{"a\n", nil, "", client.ErrInvalidName},
		{"q", nil, " id", client.ErrInvalidName},
		{"q", math.NaN(), "", client.ErrInvalidPayload},
		{"q", json.RawMessage("{"), "", client.ErrInvalidPayload},
		{"q", make([]byte, 101), "", client.ErrPayloadTooLarge},
		{"q", strings.Repeat("x", 99), "", client.ErrPayloadTooLarge},
	} {
		require.ErrorIs(t, c.Queues().Send(t.Context(), tt.queue, tt.body, client.WithMessageID(tt.id)), tt.want)
	}
	states, err := c.Queues().List(t.Context())
	require.NoError(t, err)
	require.Empty(t, states)

	_, err = c.Queues().Peek(t.Context(), "q", 0, 0)
	require.ErrorIs(t, err, client.ErrInvalidOption)
	for _, refused := range []func() error{
		func() error { _, err := c.Queues().PeekPoison(t.Context(), "", 0, 1); return err },
		func() error { _, err := c.Queues().RedrivePoison(t.Context(), ""); return err },
		func() error { _, err := c.Queues().PurgePoison(t.Context(), ""); return err },
		func() error { _, err := c.Queues().Purge(t.Context(), ""); return err },
	} {
		require.ErrorIs(t, refused(), client.ErrInvalidName)
	}
}

func TestPoisonQueue(t *testing.T) {
	t.Parallel()
	memory := memhub.New(memhub.Config{})
	c := client.New(memory)
	require.NoError(t, c.Queues().Send(t.Context(), "q", []byte("a"), client.WithMessageID("1")))
	require.NoError(t, c.Queues().Send(t.Context(), "q", []byte("a"), client.WithMessageID("1")))
	require.NoError(t, c.Queues().Send(t.Context(), "q", []byte("b")))
	rejected := make(chan error, 10)
	s, err := memory.Consume(context.Background(), "q", 1, func(d hub.QueueDelivery) { rejected <- d.Reject("bad", 1) })
	require.NoError(t, err)
	require.NoError(t, <-rejected)
	require.NoError(t, <-rejected)
	s.Stop()

	states, err := c.Queues().List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []client.QueueState{{Queue: "q", Poisoned: 2}}, states)
	found, err := c.Queues().PeekPoison(t.Context(), "q", 0, 10)
	require.NoError(t, err)
	require.Equal(t, "1", found[0].ID)
	require.Equal(t, "bad", found[0].Poison.Reason)
	n, err := c.Queues().RedrivePoison(t.Context(), "q", found[0].Seq)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = c.Queues().RedrivePoison(t.Context(), "q", found[0].Seq)
	require.ErrorIs(t, err, client.ErrNotPoisoned)
	_, err = c.Queues().PurgePoison(t.Context(), "q", found[0].Seq)
	require.ErrorIs(t, err, client.ErrNotPoisoned)
	n, err = c.Queues().PurgePoison(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	states, err = c.Queues().List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []client.QueueState{{Queue: "q", Waiting: 1}}, states)
}
