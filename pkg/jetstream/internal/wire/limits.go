package wire

import (
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// Limits are the largest sizes that follow from the server's max_payload, in bytes.
type Limits int64

// Headroom is the part of a NATS message that is kept free for its subject and headers.
const Headroom = 8 << 10

// Value is the largest size of a record or a segment.
func (l Limits) Value() int { return max(0, int(l)-Headroom) }

// Payload is the largest size of a payload: a quarter of [Limits.Value], since a record has
// to hold several.
func (l Limits) Payload() int { return l.Value() / 4 }

// checkStorable refuses a payload that no record can hold, if it was sent in that size. A
// payload that nobody could send any more is not refused: max_payload was lowered since the
// message was stored, and an accepted message must not be lost for that reason.
func (l Limits) checkStorable(m *nats.Msg) error {
	most := l.Value()
	if len(m.Data) <= most || !l.couldBeSent(m) {
		return nil
	}
	return fmt.Errorf("%w: payload has %d bytes, the limit is %d", record.ErrTooLarge, len(m.Data), most)
}

// couldBeSent reports whether the server would take such a message now.
func (l Limits) couldBeSent(m *nats.Msg) bool {
	size := len(m.Data)
	if len(m.Header) > 0 {
		size += len("NATS/1.0\r\n\r\n")
	}
	for key, values := range m.Header {
		for _, v := range values {
			size += len(key) + len(v) + len(": \r\n")
		}
	}
	return size <= int(l)
}

// headerSize is at least as many bytes as the headers take on their way, and room for one
// more.
func headerSize(header nats.Header) int {
	size := 128
	for key, values := range header {
		for _, v := range values {
			size += len(key) + len(v) + len(": \r\n")
		}
	}
	return size
}
