package jetstream

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// What can be published to a message's ack subject.
var (
	ackDone     = []byte("+ACK")
	ackProgress = []byte("+WPI")
	ackAgain    = []byte("-NAK")
)

// ackInfo is what the ack subject of a delivered message says of it.
type ackInfo struct {
	// attempt counts the deliveries of the message, from 1.
	attempt int
	// streamSeq is its number in the stream, consumerSeq that of the delivery.
	streamSeq, consumerSeq uint64
	// stored is when the stream took it, in nanoseconds since 1970.
	stored int64
	// pending is how many more there were for the consumer.
	pending uint64
}

func (a ackInfo) time() time.Time { return time.Unix(0, a.stored).UTC() }

// parseAck reads an ack subject, of which there are two forms:
//
//	$JS.ACK.<stream>.<consumer>.<attempt>.<stream seq>.<consumer seq>.<time>.<pending>
//	$JS.ACK.<domain>.<account>.<stream>.<consumer>.<attempt>.<stream seq>.<consumer seq>.<time>.<pending>[.<token>]
func parseAck(subject string) (ackInfo, bool) {
	var parts [12]string
	n := 0
	for part := range strings.SplitSeq(subject, ".") {
		if n == len(parts) {
			return ackInfo{}, false
		}
		parts[n] = part
		n++
	}
	first := 4
	if n > 9 {
		first = 6
	}
	if n < 9 || n == 10 || parts[0] != "$JS" || parts[1] != "ACK" {
		return ackInfo{}, false
	}
	var numbers [5]uint64
	for i := range numbers {
		var ok bool
		if numbers[i], ok = parseNumber(parts[first+i]); !ok {
			return ackInfo{}, false
		}
	}
	return ackInfo{
		attempt: int(numbers[0]), streamSeq: numbers[1], consumerSeq: numbers[2],
		stored: int64(numbers[3]), pending: numbers[4],
	}, true
}

func parseNumber(s string) (uint64, bool) {
	var n uint64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + uint64(s[i]-'0')
	}
	return n, s != ""
}

// ack removes a message from its stream. It waits for no answer: an ack that is
// lost brings the message again.
func (h *Hub) ack(m *nats.Msg) error { return h.answer(m, ackDone) }

// answer tells the server what became of a message that it has handed out.
func (h *Hub) answer(m *nats.Msg, word []byte) error {
	return sendError(h.nc.Publish(m.Reply, word))
}
