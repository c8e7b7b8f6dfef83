package wire

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// The answers that can be published to a message's ack subject.
var (
	// AckDone removes the message from its stream.
	AckDone = []byte("+ACK")
	// AckProgress says that somebody is still dealing with the message.
	AckProgress = []byte("+WPI")
	// AckAgain lets the server deliver the message again at once.
	AckAgain = []byte("-NAK")
)

// AckAgainIn lets the server deliver the message again after the delay.
func AckAgainIn(delay time.Duration) []byte {
	if delay <= 0 {
		return AckAgain
	}
	return fmt.Appendf(nil, "%s {\"delay\": %d}", AckAgain, delay.Nanoseconds())
}

// Delivered is a message as a consumer delivers it, with the content of its ack subject.
type Delivered struct {
	*nats.Msg
	Ack Ack
	// Unsure is set where the message may have been handed out before, though the server
	// does not know so.
	Unsure bool
}

// Ack is the content of the ack subject of a delivered message.
type Ack struct {
	// Attempt counts the deliveries of the message, from 1.
	Attempt int
	// Seq is its number in the stream, Delivery that of the delivery.
	Seq, Delivery uint64
	// Stored is when the stream took it, in nanoseconds since 1970.
	Stored int64
	// Pending is how many more there were for the consumer.
	Pending uint64
}

// Time is when the stream took the message.
func (a Ack) Time() time.Time { return time.Unix(0, a.Stored).UTC() }

// ParseAck reads an ack subject, of which there are two forms:
//
//	$JS.ACK.<stream>.<consumer>.<attempt>.<stream seq>.<consumer seq>.<time>.<pending>
//	$JS.ACK.<domain>.<account>.<stream>.<consumer>.<attempt>.<stream seq>.<consumer seq>.<time>.<pending>[.<token>]
func ParseAck(subject string) (Ack, bool) {
	var parts [12]string
	n := 0
	for part := range strings.SplitSeq(subject, ".") {
		if n == len(parts) {
			return Ack{}, false
		}
		parts[n] = part
		n++
	}
	first := 4
	if n > 9 {
		first = 6
	}
	if n < 9 || n == 10 || parts[0] != "$JS" || parts[1] != "ACK" {
		return Ack{}, false
	}
	var numbers [5]uint64
	for i := range numbers {
		var ok bool
		if numbers[i], ok = parseNumber(parts[first+i]); !ok {
			return Ack{}, false
		}
	}
	return Ack{
		Attempt: int(numbers[0]), Seq: numbers[1], Delivery: numbers[2],
		Stored: int64(numbers[3]), Pending: numbers[4],
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
