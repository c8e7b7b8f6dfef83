package jetstream

import (
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// ack removes a message from its stream. It waits for no answer: an ack that is lost brings
// the message again.
func (h *Hub) ack(m *nats.Msg) error { return h.answer(m, wire.AckDone) }

// answer tells the server what became of a message that it has handed out.
func (h *Hub) answer(m *nats.Msg, word []byte) error {
	return pull.SendError(h.nc.Publish(m.Reply, word))
}

// giveBack lets another worker have a message at once. Where that fails it has to
// wait until the time of this one is up.
func (h *Hub) giveBack(m *nats.Msg) {
	if err := h.answer(m, wire.AckAgain); err != nil {
		h.log.Debug("message was not given back and comes again later", keySubject, m.Subject, keyError, err)
	}
}

// release gives a message back, to be handed out again after the delay.
func (h *Hub) release(m *nats.Msg, delay time.Duration) error {
	return h.answer(m, wire.AckAgainIn(delay))
}
