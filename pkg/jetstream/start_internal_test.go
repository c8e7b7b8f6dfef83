package jetstream

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// A start whose message is stored may take effect, and says so, where its claim was refused
// because there was no room for it.
func TestStartWithoutRoomForItsClaim(t *testing.T) {
	t.Parallel()
	h, _ := undecided{}.hub(t)
	for subject, answer := range map[string]string{
		"default.to.>": `{"stream":"s","seq":3}`,
		"$KV.>":        `{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"},"stream":"s","seq":0}`,
	} {
		_, err := h.nc.Subscribe(subject, func(m *nats.Msg) { _ = m.Respond([]byte(answer)) })
		require.NoError(t, err)
	}
	m := hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "O", Execution: "e"}
	_, err := h.Start(t.Context(), m, &record.InstanceRecord{Name: "O", Execution: "e", Status: history.Pending})
	require.ErrorIs(t, err, ErrStorage)
	require.ErrorContains(t, err, "its start is stored, and may take effect when there is room")
}

// A claim stands beside its message or not at all: where the message was not stored, it
// is sent again, and only where that fails is the claim taken back.
func TestClaimWithoutItsMessage(t *testing.T) {
	t.Parallel()
	const refused = `{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"},"stream":"s","seq":0}`
	for name, tt := range map[string]struct {
		answers []string
		started bool
	}{
		"stored at the second try": {[]string{refused, `{"stream":"s","seq":3}`}, true},
		"refused":                  {[]string{refused, refused}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := undecided{}.hub(t)
			said, stored := 0, []*nats.Msg{}
			answer := func(subject string, reply func(*nats.Msg) string) {
				_, err := h.nc.Subscribe(subject, func(m *nats.Msg) { _ = m.Respond([]byte(reply(m))) })
				require.NoError(t, err)
			}
			answer("default.to.>", func(*nats.Msg) string { said++; return tt.answers[said-1] })
			answer("$KV.>", func(m *nats.Msg) string { stored = append(stored, m); return `{"stream":"s","seq":7}` })
			m := hub.Message{Instance: "i", Verb: hub.VerbStart, Arg: "O", Execution: "e"}
			number, err := h.Start(t.Context(), m, &record.InstanceRecord{Name: "O", Execution: "e", Status: history.Pending})
			require.Equal(t, 2, said)
			if tt.started {
				require.NoError(t, err)
				require.EqualValues(t, 3, number)
				require.Len(t, stored, 1)
				return
			}
			require.ErrorContains(t, err, "maximum bytes exceeded")
			require.GreaterOrEqual(t, len(stored), 2)
			require.Equal(t, "PURGE", stored[1].Header.Get(wire.OperationHeader))
			require.Equal(t, "7", stored[1].Header.Get("Nats-Expected-Last-Subject-Sequence"))
		})
	}
}
