package jetstream

import (
	"context"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// reject moves a message to the dead letters, and acks it once it is there. If the move fails
// it returns false, and the message comes again.
func (c *connection) reject(p wire.Delivered, reason string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	c.log.Warn("message is put among the dead letters", keySubject, p.Subject, keyReason, reason)
	if _, err := c.publish(ctx, c.codec.DeadLetter(p, reason, c.limits())).wait(ctx); err != nil {
		c.log.Error("message was not put among the dead letters; it comes again", keySubject, p.Subject, keyError, err)
		return false
	}
	if err := c.ack(p.Msg); err != nil {
		c.log.Debug("ack was not sent; the message comes again", keySubject, p.Subject, keyError, err)
	}
	return true
}
