package jetstream

import (
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
)

// newMessage writes a control message for its way through NATS. An event's id
// goes into a header of its own, never into Nats-Msg-Id: the server would drop
// the same id raised at another instance.
func (h *Hub) newMessage(m hub.Message) (*nats.Msg, error) {
	if argumentOf(m.Verb) == unknownVerb {
		return nil, fmt.Errorf("%w: unknown verb %q", ident.ErrInvalidName, m.Verb)
	}
	if err := ident.CheckInstance(m.Instance); err != nil {
		return nil, err
	}
	subject, err := h.names.to(m)
	if err != nil {
		return nil, err
	}
	body, err := newBody(m)
	if err != nil {
		return nil, err
	}
	if most := h.MaxPayload(); len(body) > most {
		return nil, fmt.Errorf("%w: payload for instance %q has %d bytes, the limit is %d", ErrTooLarge, m.Instance, len(body), most)
	}
	header, err := h.newHeader(m)
	if err == nil {
		err = m.CheckAhead(time.Now())
	}
	if err != nil {
		return nil, fmt.Errorf("%s to instance %q: %w", m.Verb, m.Instance, err)
	}
	return &nats.Msg{Subject: subject, Header: header, Data: body}, nil
}

// newHeader writes what a message says beside its payload: only what its verb has.
func (h *Hub) newHeader(m hub.Message) (nats.Header, error) {
	w := headerWriter{header: nats.Header{}}
	w.put(headerExecution, m.Execution, nil)
	switch m.Verb {
	case hub.VerbRaise:
		w.putEventID(m.ID)
		w.putTime(headerAt, m.At)
		w.putReceipt(m.Receipt)
	case hub.VerbStart:
		w.putStart(m)
	case hub.VerbTerminate:
		w.putParent(m.Parent)
		if m.KeepChildren {
			w.put(headerKeep, strconv.FormatBool(true), nil)
		}
	case hub.VerbCompleted, hub.VerbFailed:
		// Results are harmless to repeat: a task ends once in an execution, and where
		// it is run again after a rewind the execution has another id.
		t, err := newTask(m.Instance, m.Execution, m.Task())
		w.put(js.MsgIDHeader, h.salt.id(t.id()+"/"+string(m.Verb)), err)
	}
	return w.header, w.err
}

// putStart writes what a start says beside its payload.
func (w *headerWriter) putStart(m hub.Message) {
	if m.Execution != "" {
		w.put(headerReplaces, strconv.FormatUint(m.Replaces, 10), checkExecution(m.Execution))
	}
	w.putParent(m.Parent)
	w.putTags(m.Tags)
	w.putTime(headerAt, m.At)
	if m.Version != "" {
		w.putName(headerVersion, "version", m.Version)
	}
	if m.With != nil {
		w.putName(headerEvent, "event name", m.With.Name)
		w.putEventID(m.With.ID)
	}
	w.putReceipt(m.Receipt)
}

// readMessage reads a control message as the stream keeps it. Of the headers it
// looks at those only that the verb has, so that none says more than the subject,
// by which permissions are given.
func (h *Hub) readMessage(p pulled) (hub.Message, error) {
	a, err := parseControl(p.Subject)
	if err != nil {
		return hub.Message{}, err
	}
	if err := h.checkStorable(p.Msg); err != nil {
		return hub.Message{}, err
	}
	m := hub.Message{Instance: a.instance, Verb: a.verb.verb(), Arg: a.arg, Execution: p.Header.Get(headerExecution)}
	if len(p.Data) > 0 {
		m.Data = p.Data
	}
	if err := checkOrigin(a.verb, p.Msg); err != nil {
		return m, err
	}
	r := headerReader{header: p.Header}
	switch m.Verb {
	case hub.VerbRaise:
		m.ID = r.eventID(headerEventID, js.MsgIDHeader)
		m.At = read(&r, headerAt, parseTime)
		m.Receipt = read(&r, headerReceipt, parseReceipt)
	case hub.VerbStart:
		readStart(&m, a.verb, &r, p)
	case hub.VerbTerminate:
		m.Parent = read(&r, headerParent, parseParent)
		m.KeepChildren = read(&r, headerKeep, parseFlag)
	}
	r.fail(headerAt, m.CheckAhead(p.ack.time().Add(clockDifference)))
	return m, r.err
}

// clockDifference is how much later a message may ask for something than it could at the
// server's time: a sender goes by a clock of its own.
const clockDifference = 24 * time.Hour

// checkStorable refuses a payload that no value can hold, if it was sent so. One that
// nobody could send any more is not refused: max_payload was lowered since it was
// stored, and what was accepted is not to be lost for that.
func (h *Hub) checkStorable(m *nats.Msg) error {
	most := h.MaxValue()
	if len(m.Data) <= most || !h.couldBeSent(m) {
		return nil
	}
	return fmt.Errorf("%w: payload has %d bytes, the limit is %d", ErrTooLarge, len(m.Data), most)
}

// couldBeSent reports whether the server would take such a message now.
func (h *Hub) couldBeSent(m *nats.Msg) bool {
	size := len(m.Data)
	if len(m.Header) > 0 {
		size += len("NATS/1.0\r\n\r\n")
	}
	for key, values := range m.Header {
		for _, v := range values {
			size += len(key) + len(v) + len(": \r\n")
		}
	}
	return size <= int(h.nc.MaxPayload())
}

// readStart completes a start. One that names no execution is an execution of its own.
func readStart(m *hub.Message, verb wireVerb, r *headerReader, p pulled) {
	switch verb {
	case wireStart:
		m.Execution, m.Replaces = "", hub.NoInstance
	case wireRestart:
		m.Execution, m.Replaces = "", hub.AnyEnded
	case wireReplace:
		m.Replaces = hub.AnyAtAll
	case wireChild:
		m.Parent = need(r, headerParent, parseParent)
		m.Replaces = need(r, headerReplaces, parseRevision)
	case wireClaim:
		m.Replaces = need(r, headerReplaces, parseRevision)
		if m.Execution == "" {
			r.fail(headerExecution, errMissing)
		}
	}
	if m.Execution == "" {
		m.Execution = "seq-" + strconv.FormatUint(p.ack.streamSeq, 10)
	}
	r.fail(headerExecution, checkExecution(m.Execution))
	m.Tags = read(r, headerTags, parseTags)
	m.At = read(r, headerAt, parseTime)
	m.Version = read(r, headerVersion, parseName)
	m.Receipt = read(r, headerReceipt, parseReceipt)
	event := read(r, headerEvent, parseName)
	if event == "" {
		return
	}
	m.With = &hub.Raised{Name: event, ID: r.eventID(headerEventID)}
	var err error
	m.Data, m.With.Data, err = splitBody(p.Data)
	r.fail(headerEvent, err)
}
