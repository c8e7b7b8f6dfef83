package jetstream

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// maxEventID is the longest event id, in bytes.
const maxEventID = 512

// newMessage writes a control message for its way through NATS. An event's id
// goes into a header of its own, never into Nats-Msg-Id: the server would drop
// the same id raised at another instance.
func (h *Hub) newMessage(m history.Message) (*nats.Msg, error) {
	if argumentOf(m.Verb) == unknownVerb {
		return nil, fmt.Errorf("%w: unknown verb %q", history.ErrInvalidName, m.Verb)
	}
	if err := history.CheckInstanceID(m.Instance); err != nil {
		return nil, err
	}
	if most := h.MaxPayload(); len(m.Data) > most {
		return nil, fmt.Errorf("%w: payload for instance %q has %d bytes, the limit is %d", ErrTooLarge, m.Instance, len(m.Data), most)
	}
	subject, err := h.names.to(m)
	if err != nil {
		return nil, err
	}
	msg := &nats.Msg{Subject: subject, Header: nats.Header{}, Data: m.Data}
	if m.ID != "" {
		if err := checkEventID(m.ID); err != nil {
			return nil, err
		}
		msg.Header[headerEventID] = []string{m.ID}
	}
	if m.Execution != "" {
		msg.Header[headerExecution] = []string{m.Execution}
	}
	return msg, addEngineHeaders(msg, m)
}

// addEngineHeaders makes results harmless to repeat, and a start tell whom it
// replaces.
func addEngineHeaders(msg *nats.Msg, m history.Message) error {
	switch m.Verb {
	case history.VerbStart:
		msg.Header[headerReplaces] = []string{strconv.FormatUint(m.Replaces, 10)}
	case history.VerbCompleted, history.VerbFailed:
		if m.Execution == "" {
			return nil
		}
		t, err := newTask(m.Instance, m.Execution, m.Task())
		if err != nil {
			return err
		}
		msg.Header[js.MsgIDHeader] = []string{t.id() + "/" + string(m.Verb)}
	}
	return nil
}

// checkEventID refuses what a header cannot hold as it is.
func checkEventID(id string) error {
	switch {
	case len(id) > maxEventID:
		return fmt.Errorf("%w: event id is longer than %d bytes", history.ErrInvalidName, maxEventID)
	case strings.ContainsFunc(id, unicode.IsControl):
		return fmt.Errorf("%w: event id %q must not contain control characters", history.ErrInvalidName, id)
	case strings.TrimSpace(id) != id:
		return fmt.Errorf("%w: event id %q must not begin or end with a space", history.ErrInvalidName, id)
	}
	return nil
}

// readMessage reads a control message as the stream keeps it.
func (h *Hub) readMessage(p pulled) (history.Message, error) {
	a, err := parseControl(p.Subject)
	if err != nil {
		return history.Message{}, err
	}
	if most := h.MaxPayload(); len(p.Data) > most {
		return history.Message{}, fmt.Errorf("%w: payload has %d bytes, the limit is %d", ErrTooLarge, len(p.Data), most)
	}
	m := history.Message{Instance: a.instance, Verb: a.verb, Arg: a.arg, Execution: p.Header.Get(headerExecution)}
	if len(p.Data) > 0 {
		m.Data = p.Data
	}
	switch m.Verb {
	case history.VerbRaise:
		m.ID, err = readEventID(p.Header)
	case history.VerbStart:
		err = readStart(&m, p)
	}
	return m, err
}

// maxExecutionID is the longest name of an execution: it becomes part of others.
const maxExecutionID = 64

func readEventID(header nats.Header) (string, error) {
	id := header.Get(headerEventID)
	if id == "" {
		id = header.Get(js.MsgIDHeader)
	}
	return id, checkEventID(id)
}

// readStart completes a start. One that names no execution, from whoever only
// publishes, is an execution of its own and replaces whatever has ended.
func readStart(m *history.Message, p pulled) error {
	if m.Execution == "" {
		m.Execution = "seq-" + strconv.FormatUint(p.ack.streamSeq, 10)
		m.Replaces = history.AnyEnded
		return nil
	}
	if len(m.Execution) > maxExecutionID || !isPlainString(m.Execution) {
		return fmt.Errorf("header %s: %q is no execution id: use at most %d letters, digits, %q and %q", headerExecution, m.Execution, maxExecutionID, "-", "_")
	}
	replaces := p.Header.Get(headerReplaces)
	if replaces == "" {
		m.Replaces = history.AnyEnded
		return nil
	}
	var err error
	if m.Replaces, err = strconv.ParseUint(replaces, 10, 64); err != nil {
		return fmt.Errorf("header %s is no number: %q", headerReplaces, replaces)
	}
	return nil
}
