package wire

import (
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

// MaxReason is the longest reason kept with a message, in bytes.
const MaxReason = 1024

// DeadLetter writes the dead letter of a message that cannot be read. It keeps only the
// headers of Dormouse, since those of NATS are commands to the server.
func (c *Codec) DeadLetter(d Delivered, reason string, limits Limits) *nats.Msg {
	letter := &nats.Msg{Subject: c.Names.Control.dead(deadKind(d.Subject)), Data: d.Data, Header: nats.Header{
		ReasonHeader:   {reason[:min(len(reason), MaxReason)]},
		SubjectHeader:  {d.Subject},
		SequenceHeader: {strconv.FormatUint(d.Ack.Seq, 10)},
	}}
	for _, key := range append([]string{CallHeader}, controlHeaders...) {
		if v := d.Header.Get(key); v != "" {
			letter.Header[key] = []string{v[:min(len(v), MaxReason)]}
		}
	}
	most := max(0, min(limits.Value(), int(limits)-headerSize(letter.Header)))
	if len(d.Data) > most {
		letter.Header[TruncatedHeader] = []string{strconv.Itoa(len(d.Data))}
		letter.Data = d.Data[:most]
	}
	return letter
}

// deadKind returns the verb in the subject of a control message, "activity" for an
// activity, "due" for a timer, and otherwise "unknown".
func deadKind(subject string) string {
	parts := strings.Split(subject, ".")
	if len(parts) > 4 && parts[1] == "control" && rows[Verb(parts[4])] != nil {
		return parts[4]
	}
	if len(parts) > 1 && (parts[1] == "activity" || parts[1] == "due") {
		return parts[1]
	}
	return "unknown"
}
