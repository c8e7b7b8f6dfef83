package jetstream

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/retry"
)

// receipt is the promise of an ack for a message that is on its way.
type receipt struct {
	connection *connection
	future     js.PubAckFuture
	err        error
}

// publish sends a message and does not wait for the ack. Messages of one caller
// go out in the order of its calls.
func (c *connection) publish(ctx context.Context, m *nats.Msg) receipt {
	if err := ctx.Err(); err != nil {
		return receipt{err: err}
	}
	if c.api != defaultAPI && strings.HasPrefix(m.Subject, "$KV.") {
		// Between servers with JetStreams of their own these subjects do not pass as they are.
		m.Subject = c.api + m.Subject
	}
	future, err := c.js.PublishMsgAsync(m, js.WithStallWait(stallWait))
	return receipt{connection: c, future: future, err: err}
}

// wait returns the number under which the message is stored. It returns [hub.ErrConflict] if
// the subject is known to have another revision than the expected one; any error of the
// context or the connection leaves open whether the message was stored.
func (r receipt) wait(ctx context.Context) (uint64, error) {
	number, err := r.ack(ctx)
	if isInProcess(err) {
		number, err = r.repeat(ctx, err)
	}
	return number, storeError(err)
}

// undecidedPause is the first pause before a message is sent again that a cluster could
// not decide on yet. Its servers agree within a millisecond or two.
const undecidedPause = time.Millisecond

// repeat sends a message again that was not stored, because the servers of a cluster are just
// agreeing on another one of the same subject or id. The answer to this one depends on that
// outcome. It repeats until the outcome is known, for as long as an ack is waited for.
func (r receipt) repeat(ctx context.Context, err error) (uint64, error) {
	limited, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	pauses := retry.Pauses{First: undecidedPause, Longest: time.Second}
	for isInProcess(err) {
		if pauses.Wait(limited) != nil {
			return 0, cmp.Or(ctx.Err(), fmt.Errorf("%w: %w", errUndecided, err))
		}
		var number uint64
		if number, err = r.connection.publish(limited, r.future.Msg()).ack(limited); err == nil {
			return number, nil
		}
	}
	return 0, err
}

func (r receipt) ack(ctx context.Context) (uint64, error) {
	if r.err != nil {
		return 0, r.err
	}
	select {
	case ack := <-r.future.Ok():
		return ack.Sequence, nil
	case err := <-r.future.Err():
		return 0, err
	case <-ctx.Done():
	}
	select {
	case ack := <-r.future.Ok(): // it was in time after all
		return ack.Sequence, nil
	default:
		return 0, ctx.Err()
	}
}
