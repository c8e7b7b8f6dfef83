package jetstream

import (
	"context"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

// maxReason is the longest reason kept with a dead letter, in bytes.
const maxReason = 1024

// reject moves a message to the dead letters, and acks it once it is there. Where
// the first fails it returns false, and the message comes again.
func (h *Hub) reject(p pulled, reason string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	h.log.Warn("message is put among the dead letters", keySubject, p.Subject, keyReason, reason)
	if _, err := h.publish(ctx, h.deadLetter(p, reason)).wait(ctx); err != nil {
		h.log.Error("message was not put among the dead letters; it comes again", keySubject, p.Subject, keyError, err)
		return false
	}
	if err := h.ack(p.Msg); err != nil {
		h.log.Debug("ack was not sent; the message comes again", keySubject, p.Subject, keyError, err)
	}
	return true
}

// deadLetter is what is kept of a message: of its headers only those of Dormouse,
// since those of NATS are commands to the server.
func (h *Hub) deadLetter(p pulled, reason string) *nats.Msg {
	letter := &nats.Msg{Subject: h.names.dead(deadVerb(p.Subject)), Data: p.Data, Header: nats.Header{
		headerReason:   {reason[:min(len(reason), maxReason)]},
		headerSubject:  {p.Subject},
		headerSequence: {strconv.FormatUint(p.ack.streamSeq, 10)},
	}}
	for _, key := range append([]string{headerCall}, controlHeaders...) {
		if v := p.Header.Get(key); v != "" {
			letter.Header[key] = []string{v[:min(len(v), maxReason)]}
		}
	}
	most := max(0, min(h.MaxValue(), int(h.nc.MaxPayload())-headerSize(letter.Header)))
	if len(p.Data) > most {
		letter.Header[headerTruncated] = []string{strconv.Itoa(len(p.Data))}
		letter.Data = p.Data[:most]
	}
	return letter
}

// headerSize is at least as many bytes as the headers take on their way, and room
// for one more.
func headerSize(header nats.Header) int {
	size := 128
	for key, values := range header {
		for _, v := range values {
			size += len(key) + len(v) + len(": \r\n")
		}
	}
	return size
}

// deadVerb returns the verb in the subject of a control message, "activity" for an
// activity, "due" for a timer, and otherwise "unknown".
func deadVerb(subject string) string {
	parts := strings.Split(subject, ".")
	if len(parts) > 4 && parts[1] == "control" && argumentOf(wireVerb(parts[4]).verb()) != unknownVerb {
		return parts[4]
	}
	if len(parts) > 1 && (parts[1] == "activity" || parts[1] == "due") {
		return parts[1]
	}
	return "unknown"
}
