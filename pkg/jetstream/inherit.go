package jetstream

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// mostUnseen is how many messages of a partition an owner may have been handed without
// the server knowing so after it was killed: a server writes down what a consumer was
// handed within a tenth of a second. An owner holds 1,024 messages, and reads a window
// ahead.
const mostUnseen = 1024 + partitionWindow

// inheritance says which of a partition's messages an earlier owner, who did not give the
// partition up in order, may have been handed.
type inheritance struct {
	// upTo is the last message that the server knows to have been handed to that owner.
	upTo uint64
	// first is how many of those that come first may have been handed to it besides.
	first uint64
}

func (i inheritance) holds(a wire.Ack) bool {
	return a.Seq <= i.upTo || a.Delivery <= i.first
}

// noteOpened notes that a partition is open, and reports whether the owner before has
// given it up in order. The number is that of the note.
func (i *inbox) noteOpened(ctx context.Context, partition int, owner string) (number uint64, inOrder bool, err error) {
	note := func() *nats.Msg { return wire.Stored(i.codec.Names.Values.Opened(partition), []byte(owner)) }
	m := note()
	wire.Expect(m, 0)
	number, err = i.publish(ctx, m).wait(ctx)
	if err == nil || !errors.Is(err, hub.ErrConflict) {
		return number, true, err
	}
	number, err = i.publish(ctx, note()).wait(ctx)
	return number, false, err
}
