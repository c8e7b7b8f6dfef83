package worker_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// A user that may only raise events can keep out what one orchestrator sends to another: the
// event id of that is <execution>/<task>/<digits>, and can all be guessed; the execution
// of a start is seq-<number>.
func TestRaiserCannotSuppressWhatOrchestratorsSend(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t)
	nc := natstest.Connect(t, s)
	st := newFixture(t, natstest.Open(t, nc), func(r *orchestration.Registry) {
		r.Add(orchestration.Orchestrator("Sender", func(ctx *orchestration.Context, to string) (int, error) {
			return 1, orchestration.Event[any]("Paid").Send(ctx, to, 17)
		}))
		r.Add(orchestration.Orchestrator("Receiver", func(ctx *orchestration.Context, _ int) (int, error) {
			return orchestration.Event[int]("Paid").Wait(ctx).Await()
		}))
	})
	st.work()
	st.start("Receiver", 0, "rec")
	st.waits("rec", "Paid")
	// The publisher: default.to.*.raise.* and nothing else. The first start said plainly
	// will be number 3 of the control stream.
	sum := sha256.Sum256([]byte("paid/17"))
	for _, execution := range []string{"seq-3"} {
		m := nats.NewMsg("default.to.rec.raise.Noise")
		m.Header.Set("Dormouse-Event-Id", execution+"/1/"+hex.EncodeToString(sum[:])[:16])
		_, err := nc.RequestMsg(m, patience)
		require.NoError(t, err)
	}
	_, err := nc.Request("default.to.snd.start.Sender", []byte(`"rec"`), patience)
	require.NoError(t, err)
	st.exists("snd")
	require.Equal(t, "1", string(st.ends("snd").Output))
	require.Equal(t, "17", string(st.ends("rec").Output), "what the orchestrator sent never arrived")
}
