package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// QueueMessage describes the message that triggered a function.
type QueueMessage struct {
	// Client is one of the worker's hub.
	Client *client.Client
	// Queue is the queue's name.
	Queue string
	// ID names the message, however often it is delivered or redriven. The sender gave it,
	// or else the hub made it. Use it as the id of an event that the function raises, and as
	// the idempotency key of its effects elsewhere: then a message has one effect. To start an
	// instance use [QueueMessage.Start].
	ID string
	// Body is the message as it was sent.
	Body []byte
	// Delivery counts the deliveries of the message, from 1; of MaxDeliveries the last
	// one that fails puts it into the poison queue. One that a stopping worker gave back
	// does not count.
	Delivery, MaxDeliveries int
	// Sent is when the hub took the message.
	Sent time.Time
}

// Start starts an instance for the message and returns its id. However often the message
// is delivered, that is one instance: where it was started before, be it live or ended by
// now, Start returns its id and starts nothing. The options may say more of the instance,
// but not [client.WithIdempotencyKey] nor the policy [client.TerminateLive]. For a message
// that starts several instances use client.WithIdempotencyKey with keys of your own.
//
// Errors are those of [client.Client.Start]; [client.ErrIdempotencyKeyUsed] says that an
// earlier delivery asked for another orchestrator, or gave it another input: take both
// from the message alone. An instance that was purged is forgotten: keep ended
// instances for longer than messages may be delivered again.
func (m *QueueMessage) Start(ctx context.Context, orchestrator string, input any, opts ...client.StartOption) (string, error) {
	key := sha256.Sum256(fmt.Appendf(nil, "%q %q", m.Queue, m.ID))
	opts = append(opts[:len(opts):len(opts)], client.WithIdempotencyKey(hex.EncodeToString(key[:])))
	id, err := m.Client.Start(ctx, orchestrator, input, opts...)
	if errors.Is(err, client.ErrAlreadyStarted) {
		return id, nil
	}
	return id, err
}
