package wire

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Codec writes the messages of one hub.
type Codec struct {
	Names Names
	// Key makes message ids. It is empty for hubs that were opened without the right to
	// know it, which say nothing that has one.
	Key IDKey
}

// Control writes a control message. Of the message's fields only those are written that
// its verb has. It returns an error wrapping [ident.ErrInvalidName], [record.ErrTooLarge],
// [hub.ErrTooFarAhead] or [ErrNotJSON] for a message that no hub takes.
func (c *Codec) Control(m hub.Message, limits Limits, now time.Time) (*nats.Msg, error) {
	row := rowOf(m)
	if row == nil {
		return nil, fmt.Errorf("%w: unknown verb %q", ident.ErrInvalidName, m.Verb)
	}
	if err := ident.CheckInstance(m.Instance); err != nil {
		return nil, err
	}
	subject, err := c.subject(row, m)
	if err != nil {
		return nil, err
	}
	body, err := newBody(m)
	if err != nil {
		return nil, err
	}
	if most := limits.Payload(); len(body) > most {
		return nil, fmt.Errorf("%w: payload for instance %q has %d bytes, the limit is %d", record.ErrTooLarge, m.Instance, len(body), most)
	}
	w := &writer{header: nats.Header{}, key: c.Key}
	for _, h := range row.headers {
		if h.write != nil {
			h.write(w, m)
		}
	}
	if w.err == nil {
		w.err = m.CheckAhead(now)
	}
	if w.err != nil {
		return nil, fmt.Errorf("%s to instance %q: %w", m.Verb, m.Instance, w.err)
	}
	return &nats.Msg{Subject: subject, Header: w.header, Data: body}, nil
}

// Told writes a message from one instance to another. A message that is said only once has an
// id by which the server drops a repeat.
func (c *Codec) Told(m hub.Message, limits Limits, now time.Time) (*nats.Msg, error) {
	msg, err := c.Control(m, limits, now)
	if err != nil {
		return nil, err
	}
	row := rowOf(m)
	if row.once == nil {
		return msg, nil
	}
	once := row.once(m)
	if once == "" {
		return msg, nil
	}
	instance, err := EncodeToken("instance id", m.Instance)
	if err != nil {
		return nil, err
	}
	msg.Header[js.MsgIDHeader] = []string{c.Key.id(instance + "/" + once + "/" + string(m.Verb))}
	return msg, nil
}

// subject is where a control message is published.
func (c *Codec) subject(row *row, m hub.Message) (string, error) {
	token, err := EncodeToken("instance id", m.Instance)
	if err != nil {
		return "", err
	}
	subject := c.Names.Control.to(token, row.verb)
	if row.argument == noArgument {
		return subject, nil
	}
	arg, err := EncodeToken("argument of "+string(m.Verb), m.Arg)
	if err != nil {
		return "", err
	}
	return subject + "." + arg, nil
}

// ReadControl reads a control message as the stream keeps it. It looks only at headers that
// the verb has, so that no header says more than the subject, by which permissions are given.
func ReadControl(d Delivered, limits Limits) (hub.Message, error) {
	a, err := parseControl(d.Subject)
	if err != nil {
		return hub.Message{}, err
	}
	if err := limits.checkStorable(d.Msg); err != nil {
		return hub.Message{}, err
	}
	row := a.row
	m := hub.Message{Instance: a.instance, Verb: row.said, Arg: a.arg, Replaces: row.replaces}
	if len(d.Data) > 0 {
		m.Data = d.Data
	}
	if err := checkForgery(row, d.Msg); err != nil {
		return m, err
	}
	r := &reader{header: d.Header, body: d.Data, seq: d.Ack.Seq, message: m}
	for _, h := range row.headers {
		if h.needed && d.Header.Get(h.key) == "" {
			r.fail(h.key, errMissing)
		}
		if h.read != nil {
			h.read(r, &r.message)
		}
	}
	r.fail(AtHeader, r.message.CheckAhead(d.Ack.Time().Add(clockDifference)))
	return r.message, r.err
}

// clockDifference is how much later a message may ask for something than it could at the
// server's time: a sender goes by a clock of its own.
const clockDifference = 24 * time.Hour

// ReceiptOf returns the subject at which the sender of a control message listens for the
// outcome of the event in it, empty for none. A forged message has none.
func ReceiptOf(d Delivered) string {
	row := rows[Verb(deadKind(d.Subject))]
	if row == nil || checkForgery(row, d.Msg) != nil {
		return ""
	}
	if row.body == input && d.Header.Get(EventHeader) == "" {
		return ""
	}
	for _, h := range row.headers {
		if h.key == ReceiptHeader {
			return d.Header.Get(ReceiptHeader)
		}
	}
	return ""
}

// address is the content of the subject of a control message.
type address struct {
	instance string
	row      *row
	arg      string
}

// parseControl reads the subject under which the control stream keeps a message:
// <hub>.control.<partition>.<instance>.<verb>[.<argument>].
func parseControl(subject string) (address, error) {
	var a address
	parts := strings.Split(subject, ".")
	if len(parts) < 5 || len(parts) > 6 {
		return a, fmt.Errorf("subject has %d parts behind the instance, not a verb and at most one argument: encode dots in names as =2E", max(0, len(parts)-4))
	}
	a.row = rows[Verb(parts[4])]
	if a.row == nil {
		return a, fmt.Errorf("unknown verb %q", parts[4])
	}
	instance, err := DecodeToken(parts[3])
	if err != nil {
		return a, err
	}
	if err := ident.CheckInstance(instance); err != nil {
		return a, err
	}
	a.instance = instance
	a.arg, err = a.row.parseArgument(parts[5:])
	return a, err
}

func (r *row) parseArgument(parts []string) (string, error) {
	if r.argument == noArgument {
		if len(parts) > 0 {
			return "", fmt.Errorf("verb %s takes no argument", r.verb)
		}
		return "", nil
	}
	if len(parts) == 0 {
		return "", fmt.Errorf("verb %s needs an argument", r.verb)
	}
	arg, err := DecodeToken(parts[0])
	if err != nil {
		return "", err
	}
	if r.argument == taskArgument {
		if n := (hub.Message{Arg: arg}).Task(); n == 0 || record.TaskArg(n) != arg {
			return "", fmt.Errorf("%s: %q is not a task number", r.verb, arg)
		}
		return arg, nil
	}
	return arg, ident.CheckName("argument of "+string(r.verb), arg)
}
