package jetstream

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// mostUnseen is how many messages of a partition an owner may have been handed without a
// trace, if the server was killed: a server writes down the state of a consumer within a tenth
// of a second. An owner holds 1,024 messages, and reads a window ahead.
const mostUnseen = 1024 + partitionWindow

// inheritance says which messages of a partition an earlier owner may have been handed. It is
// empty if that owner gave the partition up in order.
type inheritance struct {
	// upTo is the last message that the earlier owner was handed, as far as the server knows.
	upTo uint64
	// first is how many of the messages at the front may have been handed out besides.
	first uint64
}

func (i inheritance) holds(a wire.Ack) bool {
	return a.Seq <= i.upTo || a.Delivery <= i.first
}

// noteOpened notes that a partition is open, and reports whether the owner before has given it
// up in order. The number is the number of the note.
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
