package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
)

// Headers of messages in queues, beside those that others have too.
const (
	// headerQueued is when a message that was moved was first stored.
	headerQueued = "Dormouse-Queued"
	// headerDeliveries is how often a poisoned one was handed to a worker.
	headerDeliveries = "Dormouse-Deliveries"
)

func (n names) queueStream() string          { return n.hub + "-queue" }
func (n names) queue(token string) string    { return n.hub + ".queue." + token }
func (n names) poisoned(token string) string { return n.hub + ".poison." + token }

func (h *Hub) queueConfig(c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:         h.names.queueStream(),
		Description:  "Dormouse: queues that functions are triggered by, and their poison queues",
		Subjects:     []string{c.Name + ".queue.*", c.Name + ".poison.*"},
		Retention:    js.WorkQueuePolicy,
		Discard:      js.DiscardNew,
		MaxConsumers: maxConsumers,
		AllowDirect:  true,
		Duplicates:   duplicateWindow,
		Replicas:     c.Replicas,
	}
}

func queueToken(queue string) (string, error) {
	if err := ident.CheckName("queue name", queue); err != nil {
		return "", err
	}
	return encodeToken("queue name", queue)
}

// SendToQueue stores a message in its queue and returns its number. Of several with
// one ID that are sent within two minutes one is stored. It returns an error wrapping
// [ident.ErrInvalidName] or [ErrTooLarge].
func (h *Hub) SendToQueue(ctx context.Context, m hub.QueueMessage) (uint64, error) {
	token, err := queueToken(m.Queue)
	if err != nil {
		return 0, err
	}
	if most := h.MaxPayload(); len(m.Data) > most {
		return 0, fmt.Errorf("%w: message for queue %q has %d bytes, the limit is %d", ErrTooLarge, m.Queue, len(m.Data), most)
	}
	w := headerWriter{header: nats.Header{}}
	w.putEventID(m.ID)
	if m.ID != "" {
		// The server compares ids within the whole stream.
		w.put(js.MsgIDHeader, token+"/"+m.ID, nil)
	}
	if w.err != nil {
		return 0, w.err
	}
	seq, err := h.publish(ctx, &nats.Msg{Subject: h.names.queue(token), Header: w.header, Data: m.Data}).wait(ctx)
	if err != nil {
		return 0, fmt.Errorf("send to queue %q: %w", m.Queue, err)
	}
	return seq, nil
}

// Consume hands out the messages of a queue as [Hub.Work] does activities. A message
// that cannot be read goes to the poison queue.
func (h *Hub) Consume(ctx context.Context, queue string, limit int, handle func(hub.QueueDelivery)) (hub.Session, error) {
	token, err := queueToken(queue)
	if err != nil {
		return nil, err
	}
	return h.openBench(ctx, benchConfig{
		what: fmt.Sprintf("queue %q", queue), limit: limit,
		stream: h.names.queueStream(), consumer: h.salt.consumer(token), filter: h.names.queue(token),
		take: func(p pulled) func() {
			m, err := readQueueMessage(queue, newStoredMessage(p))
			if err == nil {
				err = h.checkQueued(p.Msg)
			}
			if err != nil {
				h.rejectQueued(m, p, err)
				return nil
			}
			return func() { handle(h.queueDelivery(m, token, p)) }
		},
	})
}

// queueDelivery is a message for its handler. Nothing is noted of one that is handed out
// for the first time, until it is given back.
func (h *Hub) queueDelivery(m hub.QueueMessage, token string, p pulled) hub.QueueDelivery {
	noted := h.names.runs(token, m.Seq)
	settle := func(err error) error {
		if err == nil && (p.ack.attempt > 1 || p.unsure) {
			h.dropRuns(noted)
		}
		return err
	}
	d := hub.QueueDelivery{
		QueueMessage: m,
		Handout:      h.handout(p),
		Runs:         func(ctx context.Context) (int, error) { return h.readRuns(ctx, noted, min(1, p.ack.attempt-1)) },
		Note:         func(ctx context.Context, runs int) error { return h.noteRuns(ctx, noted, runs) },
		Reject: func(reason string, deliveries int) error {
			return settle(h.poison(m, p.Msg, reason, deliveries))
		},
	}
	d.Ack = func() error { return settle(h.ack(p.Msg)) }
	return d
}

// newStoredMessage is what was pulled, in the form in which it can be read from the
// stream too.
func newStoredMessage(p pulled) *js.RawStreamMsg {
	return &js.RawStreamMsg{Subject: p.Subject, Sequence: p.ack.streamSeq, Header: p.Header, Data: p.Data, Time: p.ack.time()}
}

// readQueueMessage reads what is stored in a queue or in its poison queue. Where it
// fails, the message is complete but for what could not be read.
func readQueueMessage(queue string, stored *js.RawStreamMsg) (hub.QueueMessage, error) {
	m := hub.QueueMessage{
		Queue: queue, Seq: stored.Sequence, ID: hub.QueueMessageID(stored.Sequence), Data: stored.Data, Stored: stored.Time.UTC(),
	}
	r := headerReader{header: stored.Header}
	id := r.eventID(headerEventID, js.MsgIDHeader)
	if r.err == nil && id != "" {
		m.ID = id
	}
	if queued := read(&r, headerQueued, parseTime); !queued.IsZero() {
		m.Stored = queued
	}
	if strings.Contains(stored.Subject, ".poison.") {
		m.Poison = &hub.Poison{
			Reason: stored.Header.Get(headerReason), Deliveries: read(&r, headerDeliveries, strconv.Atoi),
			At: stored.Time.UTC(), CutFrom: read(&r, headerTruncated, strconv.Atoi),
		}
	}
	return m, r.err
}

// checkQueued refuses what is too large and was sent so, and what nobody has sent to a
// queue: see [Hub.checkStorable] and [checkOrigin].
func (h *Hub) checkQueued(m *nats.Msg) error {
	if most := h.MaxPayload(); len(m.Data) > most && h.couldBeSent(m) {
		return fmt.Errorf("%w: it has %d bytes, the limit is %d", ErrTooLarge, len(m.Data), most)
	}
	for _, key := range foreignHeaders {
		if m.Header.Get(key) != "" {
			return fmt.Errorf("header %s: the message is a copy of one that is stored elsewhere", key)
		}
	}
	if len(m.Header) == 0 && isServersAnswer(m.Data) {
		return errors.New("the body is an answer of the NATS server: what this is the reply subject of, is sent to a queue")
	}
	return nil
}
