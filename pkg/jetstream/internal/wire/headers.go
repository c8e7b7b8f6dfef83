package wire

import (
	"errors"
	"strconv"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
)

// header is one header that a control message can have.
type header struct {
	key string
	// write writes it, if the message says something of the kind; nil for never.
	write func(w *writer, m hub.Message)
	// read takes the header into the message; nil for a header that only the server or older
	// readers need.
	read func(r *reader, m *hub.Message)
	// needed is set where the message is refused without it.
	needed bool
}

// needed is the header for a verb that must have it.
func needed(h header) header {
	h.needed = true
	return h
}

// writeOnly is the header for a verb that ignores it: older programs wrote it too.
func writeOnly(h header) header {
	h.read = nil
	return h
}

// The headers that the table refers to.
var (
	// execution is the execution that the message is meant for.
	execution = header{
		key:   ExecutionHeader,
		write: func(w *writer, m hub.Message) { w.put(ExecutionHeader, m.Execution, nil) },
		read:  func(r *reader, m *hub.Message) { m.Execution = r.header.Get(ExecutionHeader) },
	}
	// startExecution names the new execution. A start that names none is an execution of its own.
	startExecution = header{
		key:   ExecutionHeader,
		write: execution.write,
		read: func(r *reader, m *hub.Message) {
			execution.read(r, m)
			if m.Execution == "" {
				m.Execution = r.ownExecution()
			}
			r.fail(ExecutionHeader, checkExecution(m.Execution))
		},
	}
	// ownExecution is that of a start that may not name one: its publisher may not choose.
	ownExecution = header{
		key:  ExecutionHeader,
		read: func(r *reader, m *hub.Message) { m.Execution = r.ownExecution() },
	}
	// replaced is the revision that a start replaces.
	replaced = header{
		key: ReplacesHeader,
		write: func(w *writer, m hub.Message) {
			if m.Execution != "" {
				w.put(ReplacesHeader, strconv.FormatUint(m.Replaces, 10), checkExecution(m.Execution))
			}
		},
		read: func(r *reader, m *hub.Message) { m.Replaces = read(r, ReplacesHeader, parseRevision) },
	}
	// parent is the task that a start is for, or the parent whose wish a terminate is.
	parent = header{
		key:   ParentHeader,
		write: func(w *writer, m hub.Message) { w.putParent(m.Parent) },
		read:  func(r *reader, m *hub.Message) { m.Parent = read(r, ParentHeader, parseParent) },
	}
	keepChildren = header{
		key: KeepChildrenHeader,
		write: func(w *writer, m hub.Message) {
			if m.KeepChildren {
				w.put(KeepChildrenHeader, strconv.FormatBool(true), nil)
			}
		},
		read: func(r *reader, m *hub.Message) { m.KeepChildren = read(r, KeepChildrenHeader, parseFlag) },
	}
	// eventID makes a raise idempotent. It has a header of its own: by Nats-Msg-Id, which counts
	// only where there is no other, the server drops the same id raised at another instance.
	eventID = header{
		key:   EventIDHeader,
		write: func(w *writer, m hub.Message) { w.putEventID(m.ID) },
		read:  func(r *reader, m *hub.Message) { m.ID = r.eventID(EventIDHeader, js.MsgIDHeader) },
	}
	// startAt and keepUntil are one header: a message has one point in time.
	startAt = header{
		key:   AtHeader,
		write: func(w *writer, m hub.Message) { w.putTime(AtHeader, m.StartAt) },
		read:  func(r *reader, m *hub.Message) { m.StartAt = read(r, AtHeader, parseTime) },
	}
	keepUntil = header{
		key:   AtHeader,
		write: func(w *writer, m hub.Message) { w.putTime(AtHeader, m.KeepUntil) },
		read:  func(r *reader, m *hub.Message) { m.KeepUntil = read(r, AtHeader, parseTime) },
	}
	receipt = header{
		key:   ReceiptHeader,
		write: func(w *writer, m hub.Message) { w.putReceipt(m.Receipt) },
		read:  func(r *reader, m *hub.Message) { m.Receipt = read(r, ReceiptHeader, ParseReceipt) },
	}
	tags = header{
		key:   TagsHeader,
		write: func(w *writer, m hub.Message) { w.putTags(m.Tags) },
		read:  func(r *reader, m *hub.Message) { m.Tags = read(r, TagsHeader, parseTags) },
	}
	version = header{
		key: VersionHeader,
		write: func(w *writer, m hub.Message) {
			if m.Version != "" {
				w.putName(VersionHeader, "version", m.Version)
			}
		},
		read: func(r *reader, m *hub.Message) { m.Version = read(r, VersionHeader, parseName) },
	}
	// event is the event that comes with a start. The body then holds two payloads.
	event = header{
		key: EventHeader,
		write: func(w *writer, m hub.Message) {
			if m.With != nil {
				w.putName(EventHeader, "event name", m.With.Name)
				w.putEventID(m.With.ID)
			}
		},
		read: readEvent,
	}
	// resultID makes the server drop the repeat of a result. A task ends once in an
	// execution; where it runs again after a rewind the execution has another id.
	resultID = header{
		key: js.MsgIDHeader,
		write: func(w *writer, m hub.Message) {
			t, err := newTask(m.Instance, m.Execution, m.Task())
			w.put(js.MsgIDHeader, w.key.id(t.id()+"/"+string(m.Verb)), err)
		},
	}
)

// ofStart are the headers that every start has.
var ofStart = []header{tags, startAt, version, receipt, event}

func readEvent(r *reader, m *hub.Message) {
	name := read(r, EventHeader, parseName)
	if name == "" {
		return
	}
	m.With = &hub.Raised{Name: name, ID: r.eventID(EventIDHeader)}
	var err error
	m.Data, m.With.Data, err = splitBody(r.body)
	r.fail(EventHeader, err)
}

// Headers of Dormouse; docs/protocol.md says what each means.
const (
	EventIDHeader      = "Dormouse-Event-Id"
	ExecutionHeader    = "Dormouse-Execution"
	ReplacesHeader     = "Dormouse-Replaces"
	ParentHeader       = "Dormouse-Parent"
	TagsHeader         = "Dormouse-Tags"
	AtHeader           = "Dormouse-At"
	VersionHeader      = "Dormouse-Orchestrator-Version"
	EventHeader        = "Dormouse-Event"
	KeepChildrenHeader = "Dormouse-Keep-Children"
	ReceiptHeader      = "Dormouse-Receipt"
	CallHeader         = "Dormouse-Call"
	StatusHeader       = "Dormouse-Status"
	NameHeader         = "Dormouse-Name"
	CreatedHeader      = "Dormouse-Created"
	BlockedHeader      = "Dormouse-Blocked"
	ReasonHeader       = "Dormouse-Reason"
	SubjectHeader      = "Dormouse-Subject"
	SequenceHeader     = "Dormouse-Sequence"
	TruncatedHeader    = "Dormouse-Truncated"
	StoredHeader       = "Dormouse-Stored"
	// SecretHeader is on the leases of workers that know where the secret is. A worker without
	// it reads the secret from the metadata when it is started.
	SecretHeader = "Dormouse-Secret"
	// QueuedHeader is when a message of a queue that was moved was first stored.
	QueuedHeader = "Dormouse-Queued"
	// DeliveriesHeader is how often a poisoned message was handed to a worker.
	DeliveriesHeader = "Dormouse-Deliveries"
	// OperationHeader is one of NATS for which the client library has no exported name.
	OperationHeader = "KV-Operation"
)

// controlHeaders are those that a control message can have, in a fixed order.
var controlHeaders = []string{
	EventIDHeader, ExecutionHeader, ReplacesHeader, ParentHeader, TagsHeader, AtHeader, VersionHeader, EventHeader,
	KeepChildrenHeader, ReceiptHeader,
}

// errMissing says that a header must be there.
var errMissing = errors.New("it is missing")

// writer collects headers, and the first error of a value that no header can hold. An
// empty value gets no header.
type writer struct {
	header nats.Header
	key    IDKey
	err    error
}

func (w *writer) put(key, value string, err error) {
	switch {
	case w.err != nil:
	case err != nil:
		w.err = err
	case value != "":
		w.header[key] = []string{value}
	}
}

func (w *writer) putName(key, kind, name string) {
	token, err := EncodeToken(kind, name)
	if err == nil {
		err = ident.CheckName(kind, name)
	}
	w.put(key, token, err)
}

func (w *writer) putEventID(id string) {
	if id == "" {
		return
	}
	w.put(EventIDHeader, id, ident.CheckEvent(id))
}

// reader reads headers, and keeps the first error.
type reader struct {
	header nats.Header
	body   []byte
	// seq is the number of the message in its stream.
	seq uint64
	err error
	// message is the message as far as it was read. It is a part of the reader so that both
	// are one allocation.
	message hub.Message
}

func (r *reader) fail(key string, err error) {
	if r.err == nil && err != nil {
		r.err = headerError(key, err)
	}
}

// ownExecution is the execution of a start that names none.
func (r *reader) ownExecution() string { return "seq-" + strconv.FormatUint(r.seq, 10) }

// eventID returns the first of the headers that is there.
func (r *reader) eventID(keys ...string) string {
	for _, key := range keys {
		if id := r.header.Get(key); id != "" {
			r.fail(key, ident.CheckEvent(id))
			return id
		}
	}
	return ""
}

// read returns the value of a header, the zero value if there is none.
func read[T any](r *reader, key string, parse func(string) (T, error)) T {
	var none T
	text := r.header.Get(key)
	if text == "" {
		return none
	}
	got, err := parse(text)
	if err != nil {
		r.fail(key, err)
		return none
	}
	return got
}
