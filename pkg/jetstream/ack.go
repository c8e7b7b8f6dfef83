package jetstream

import (
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// ack removes a message from its stream. It waits for no answer: an ack that is lost brings
// the message again.
func (c *connection) ack(m *nats.Msg) error { return c.answer(m, wire.AckDone) }

// answer publishes one of the answers of package wire to the ack subject of a message.
func (c *connection) answer(m *nats.Msg, word []byte) error {
	return pull.SendError(c.nc.Publish(m.Reply, word))
}

// giveBack lets another worker have a message at once. Where that fails it has to
// wait until the time of this one is up.
func (c *connection) giveBack(m *nats.Msg) {
	if err := c.answer(m, wire.AckAgain); err != nil {
		c.log.Debug("message was not given back and comes again later", keySubject, m.Subject, keyError, err)
	}
}

// release gives a message back, to be handed out again after the delay.
func (c *connection) release(m *nats.Msg, delay time.Duration) error {
	return c.answer(m, wire.AckAgainIn(delay))
}
