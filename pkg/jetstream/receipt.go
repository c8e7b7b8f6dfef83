package jetstream

import (
	"context"

	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// Reply publishes the outcome to the receipt. It returns an error wrapping
// [ident.ErrInvalidName] for a receipt that does not begin with "_INBOX.".
func (o *outbox) Reply(ctx context.Context, receipt string, outcome history.Outcome) error {
	subject, err := wire.ParseReceipt(receipt)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return pull.SendError(o.nc.Publish(subject, []byte(outcome)))
}

// tellDiscarded answers the receipt of an event whose message is a dead letter. A forged
// message has no receipt: it says nothing about the message of which it is a copy.
func (o *outbox) tellDiscarded(p wire.Delivered) {
	receipt := wire.ReceiptOf(p)
	if receipt == "" {
		return
	}
	if err := o.Reply(context.Background(), receipt, history.Discarded); err != nil {
		o.log.Debug("receipt was not sent", keySubject, p.Subject, keyError, err)
	}
}
