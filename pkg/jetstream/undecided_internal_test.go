package jetstream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// undecided answers what is published as a cluster does whose servers are agreeing on
// another message: with an error, so many times, and then with the last answer.
type undecided struct {
	times int
	code  int
	last  string
}

// hub returns a hub that such a cluster answers, and the count of what it was sent.
func (u undecided) hub(t *testing.T) (h *Hub, sent func() int) {
	t.Helper()
	nc := connectEmbedded(t)
	h, err := OpenBlind(nc, Config{})
	require.NoError(t, err)
	got := make(chan struct{}, 1000)
	if u.last == "" && u.times == 0 {
		return h, nil // the test answers
	}
	for _, subject := range []string{"$KV.>", "default.to.>"} {
		_, err = nc.Subscribe(subject, func(m *nats.Msg) {
			got <- struct{}{}
			answer := u.last
			if len(got) <= u.times {
				answer = fmt.Sprintf(`{"error":{"code":400,"err_code":%d,"description":"wrong last sequence"},"stream":"s","seq":0}`, u.code)
			}
			_ = m.Respond([]byte(answer))
		})
		require.NoError(t, err)
	}
	return h, func() int { return len(got) }
}

// Until the servers of a cluster agree, nothing is known: neither a conflict, nor that
// it was stored.
func TestUndecidedIsAskedAgain(t *testing.T) {
	t.Parallel()
	writes := map[string]func(context.Context, *Hub) (uint64, error){
		"commit": func(ctx context.Context, h *Hub) (uint64, error) {
			return h.Commit(ctx, "i", &record.InstanceRecord{Name: "O", Execution: "e", Status: history.Running}, 6)
		},
		"renewal": func(ctx context.Context, h *Hub) (uint64, error) { return h.Renew(ctx, "l", "w", 6) },
		"tombstone": func(ctx context.Context, h *Hub) (uint64, error) {
			return h.publish(ctx, wire.Tombstone("$KV.default.i", 6, 0)).wait(ctx)
		},
		"event told once": func(ctx context.Context, h *Hub) (uint64, error) {
			return h.Post(ctx, hub.Message{Instance: "i", Verb: hub.VerbRaise, Arg: "E"})
		},
	}
	const stored = `{"stream":"s","seq":7}`
	const conflict = `{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 9"},"stream":"s","seq":0}`
	for name, write := range writes {
		for _, code := range []int{10164, 10158} {
			t.Run(fmt.Sprintf("%s %d", name, code), func(t *testing.T) {
				t.Parallel()
				h, sent := undecided{times: 4, code: code, last: stored}.hub(t)
				number, err := write(t.Context(), h)
				require.NoError(t, err)
				require.EqualValues(t, 7, number)
				require.Equal(t, 5, sent())
			})
		}
		t.Run(name+" and then another was first", func(t *testing.T) {
			t.Parallel()
			h, sent := undecided{times: 2, code: 10164, last: conflict}.hub(t)
			_, err := write(t.Context(), h)
			require.ErrorIs(t, err, hub.ErrConflict)
			require.Equal(t, 3, sent())
		})
		t.Run(name+" and nobody ever says", func(t *testing.T) {
			t.Parallel()
			h, _ := undecided{times: 1000, code: 10164}.hub(t)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := write(ctx, h)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NotErrorIs(t, err, hub.ErrConflict)
		})
	}
}
