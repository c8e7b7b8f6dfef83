package client_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

func TestStartWithIdempotencyKey(t *testing.T) {
	t.Parallel()
	hub := newFakeHub("Greet", "Part")
	c := client.New(hub)
	once := client.WithIdempotencyKey("k")
	first, err := c.Start(t.Context(), "Greet", 1, once)
	require.NoError(t, err)
	for _, status := range []client.Status{client.Pending, client.Running, client.Completed} {
		v := *hub.values[first]
		v.Status = status
		hub.set(first, &v)
		for range 2 {
			again, err := c.Start(t.Context(), "Greet", 1, once, client.WithIDReuse(client.NeverReuse))
			require.ErrorIs(t, err, client.ErrAlreadyStarted)
			require.Equal(t, first, again)
		}
		_, err = c.Start(t.Context(), "Greet", 2, once)
		require.ErrorIs(t, err, client.ErrIdempotencyKeyUsed)
		_, err = c.Start(t.Context(), "Part", 1, once)
		require.ErrorIs(t, err, client.ErrIdempotencyKeyUsed)
	}
	another, err := c.Start(t.Context(), "Greet", 1, client.WithIdempotencyKey("l"))
	require.NoError(t, err)
	require.NotEqual(t, first, another)
	hub.set(first, nil)
	_, err = c.Start(t.Context(), "Greet", 2, once)
	require.NoError(t, err, "it is gone, and with it what it remembers")
}

// The instance of the start before has ended by the time at which the repeat, that
// wanted to replace what was there before both, comes to its claim.
func TestStartWithIdempotencyKeyWhileItsInstanceComesAndGoes(t *testing.T) {
	t.Parallel()
	h := newFakeHub("Greet")
	h.set("a", endedGreeting())
	c := client.New(h)
	start := func() (string, error) {
		return c.Start(t.Context(), "Greet", 1, client.WithInstanceID("a"), client.WithIdempotencyKey("k"))
	}
	h.beforeClaim = func(m hub.Message) {
		if m.Replaces == 0 {
			return
		}
		h.beforeClaim = nil
		_, err := start()
		require.NoError(t, err)
		v := *h.values["a"]
		v.Status = client.Completed
		h.set("a", &v)
	}
	id, err := start()
	require.ErrorIs(t, err, client.ErrAlreadyStarted)
	require.Equal(t, "a", id)
}

func TestIdempotencyKeyRefuses(t *testing.T) {
	t.Parallel()
	hub := newFakeHub("Greet")
	c := client.New(hub)
	for _, key := range []string{"", " k", "a\x01b", strings.Repeat("k", 513)} {
		_, err := c.Start(t.Context(), "Greet", nil, client.WithIdempotencyKey(key))
		require.ErrorIs(t, err, client.ErrInvalidName, key)
	}
	once := client.WithIdempotencyKey("k")
	_, err := c.Start(t.Context(), "Greet", nil, once, client.WithIDReuse(client.TerminateLive))
	require.ErrorIs(t, err, client.ErrInvalidOption)
	_, err = c.StartWithEvent(t.Context(), "Greet", nil, "E", nil, once)
	require.ErrorIs(t, err, client.ErrInvalidOption)
	require.Empty(t, hub.messages())
}
