package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// QueueToken returns the token of a queue's name.
func QueueToken(queue string) (string, error) {
	if err := ident.CheckName("queue name", queue); err != nil {
		return "", err
	}
	return EncodeToken("queue name", queue)
}

// Queued writes a message of a queue. It returns an error wrapping [ident.ErrInvalidName] or
// [record.ErrTooLarge].
func (c *Codec) Queued(m hub.QueueMessage, limits Limits) (*nats.Msg, error) {
	token, err := QueueToken(m.Queue)
	if err != nil {
		return nil, err
	}
	if most := limits.Payload(); len(m.Data) > most {
		return nil, fmt.Errorf("%w: message for queue %q has %d bytes, the limit is %d", record.ErrTooLarge, m.Queue, len(m.Data), most)
	}
	w := &writer{header: nats.Header{}}
	w.putEventID(m.ID)
	if m.ID != "" {
		// The server compares ids within the whole stream.
		w.put(js.MsgIDHeader, token+"/"+m.ID, nil)
	}
	return &nats.Msg{Subject: c.Names.Queues.Queue(token), Header: w.header, Data: m.Data}, w.err
}

// Poisoned writes a message on its way to the poison queue. Its id lets the server drop it
// where a worker died between the writing and the ack, and another does it again.
func (c *Codec) Poisoned(m hub.QueueMessage, reason string, deliveries int, limits Limits) (*nats.Msg, error) {
	token, err := QueueToken(m.Queue)
	if err != nil {
		return nil, err
	}
	letter := moved(m, c.Names.Queues.Poisoned(token))
	letter.Header[ReasonHeader] = []string{strings.ToValidUTF8(reason[:min(len(reason), MaxReason)], "")}
	letter.Header[DeliveriesHeader] = []string{strconv.Itoa(deliveries)}
	letter.Header[js.MsgIDHeader] = []string{c.Key.id("poison/" + strconv.FormatUint(m.Seq, 10))}
	if most := limits.Value(); len(m.Data) > most {
		letter.Header[TruncatedHeader] = []string{strconv.Itoa(len(m.Data))}
		letter.Data = m.Data[:most]
	}
	return letter, nil
}

// Redriven writes a message on its way back into its queue. It has no message id: a sender
// could have used the id before, and the copy would be dropped.
func (c *Codec) Redriven(m hub.QueueMessage) (*nats.Msg, error) {
	token, err := QueueToken(m.Queue)
	return moved(m, c.Names.Queues.Queue(token)), err
}

// moved is a message on its way to another subject: with its body, and of its headers those
// by which it stays the same message.
func moved(m hub.QueueMessage, subject string) *nats.Msg {
	return &nats.Msg{Subject: subject, Data: m.Data, Header: nats.Header{
		EventIDHeader: {m.ID},
		QueuedHeader:  {m.Stored.Format(time.RFC3339Nano)},
	}}
}

// AsStored is a delivered message in the form in which it can be read from the stream too.
func (d Delivered) AsStored() *js.RawStreamMsg {
	return &js.RawStreamMsg{Subject: d.Subject, Sequence: d.Ack.Seq, Header: d.Header, Data: d.Data, Time: d.Ack.Time()}
}

// ReadQueued reads a message that a queue has delivered. It refuses messages that are too
// large and were sent in that size, and messages that nobody has sent to a queue. Where it
// fails, the message is complete except for the part that could not be read.
func ReadQueued(queue string, d Delivered, limits Limits) (hub.QueueMessage, error) {
	m, err := ReadQueueMessage(queue, d.AsStored())
	if err != nil {
		return m, err
	}
	if most := limits.Payload(); len(d.Data) > most && limits.couldBeSent(d.Msg) {
		return m, fmt.Errorf("%w: it has %d bytes, the limit is %d", record.ErrTooLarge, len(d.Data), most)
	}
	return m, checkQueueForgery(d.Msg)
}

// ReadQueueMessage reads a message that is stored in a queue or in its poison queue. Where it
// fails, the message is complete except for the part that could not be read.
func ReadQueueMessage(queue string, stored *js.RawStreamMsg) (hub.QueueMessage, error) {
	m := hub.QueueMessage{
		Queue: queue, Seq: stored.Sequence, ID: hub.QueueMessageID(stored.Sequence), Data: stored.Data, Stored: stored.Time.UTC(),
	}
	r := &reader{header: stored.Header}
	id := r.eventID(EventIDHeader, js.MsgIDHeader)
	if r.err == nil && id != "" {
		m.ID = id
	}
	if queued := read(r, QueuedHeader, parseTime); !queued.IsZero() {
		m.Stored = queued
	}
	if strings.Contains(stored.Subject, ".poison.") {
		m.Poison = &hub.Poison{
			Reason: stored.Header.Get(ReasonHeader), Deliveries: read(r, DeliveriesHeader, strconv.Atoi),
			At: stored.Time.UTC(), CutFrom: read(r, TruncatedHeader, strconv.Atoi),
		}
	}
	return m, r.err
}
