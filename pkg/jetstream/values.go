package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Load returns the instance's value and its revision. If there is none the value
// is nil, and the revision is what Commit must expect to create one. On a
// replicated hub the value may be stale. It returns an error wrapping
// [ident.ErrInvalidName], or a [*record.UnreadableError] for a value that is there
// and cannot be read.
func (h *Hub) Load(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	token, err := encodeToken("instance id", instance)
	if err != nil {
		return nil, 0, err
	}
	m, err := h.last(ctx, h.names.value(token))
	return readValue(instance, m, err)
}

// LoadLatest is [Hub.Load], but never stale: it asks the leader of the stream.
func (h *Hub) LoadLatest(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	token, err := encodeToken("instance id", instance)
	if err != nil {
		return nil, 0, err
	}
	select {
	case h.looking <- struct{}{}:
		defer func() { <-h.looking }()
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	m, err := h.latest(ctx, h.names.valueStream(), h.names.value(token))
	return readValue(instance, m, err)
}

func readValue(instance string, m *js.RawStreamMsg, err error) (*record.InstanceRecord, uint64, error) {
	switch {
	case errors.Is(err, js.ErrMsgNotFound):
		return nil, 0, nil
	case err != nil:
		return nil, 0, fmt.Errorf("load instance %q: %w", instance, err)
	case isMarker(m.Header):
		return nil, m.Sequence, nil
	}
	v, err := record.Decode(m.Data)
	if err != nil {
		return nil, 0, unreadable(instance, m, err)
	}
	return v, m.Sequence, nil
}

// isMarker reports whether a message stands for the absence of a value.
func isMarker(header nats.Header) bool {
	return header.Get(headerOperation) != "" || header.Get(js.MarkerReasonHeader) != ""
}

// Commit replaces the value if its revision is still the expected one, and
// returns the new revision; otherwise [hub.ErrConflict]. It returns an error
// wrapping [ErrTooLarge] for a value that has more than [Hub.MaxValue] bytes. Any
// other error leaves open whether the value was stored.
func (h *Hub) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	m, err := h.valueMessage(instance, v, expected)
	if err != nil {
		return 0, err
	}
	revision, err := h.publish(ctx, m).wait(ctx)
	if err != nil {
		return 0, fmt.Errorf("commit instance %q: %w", instance, err)
	}
	return revision, nil
}

func (h *Hub) valueMessage(instance string, v *record.InstanceRecord, expected uint64) (*nats.Msg, error) {
	token, err := encodeToken("instance id", instance)
	if err != nil {
		return nil, err
	}
	header, err := valueHeader(v, h.clock.now())
	if err != nil {
		return nil, err
	}
	m := &nats.Msg{Subject: h.names.value(token), Header: header, Data: v.Encode()}
	if most := h.MaxValue(); len(m.Data) > most {
		return nil, fmt.Errorf("%w: value of instance %q has %d bytes, the limit is %d", ErrTooLarge, instance, len(m.Data), most)
	}
	expect(m, expected)
	return m, nil
}

// valueHeader is what a listing shows of a value. Events that are kept for an
// instance go when the time of the last is up.
func valueHeader(v *record.InstanceRecord, now time.Time) (nats.Header, error) {
	w := headerWriter{header: nats.Header{headerStatus: {v.Status.String()}}}
	w.put(headerCreated, v.Created.UTC().Format(time.RFC3339Nano), nil)
	w.put(headerTags, formatTags(v.Tags), nil)
	w.put(headerBlocked, v.WhyBlocked(), nil)
	if v.Status == history.Expected {
		w.put(js.MsgTTLHeader, keepFor(v.Kept, now).String(), nil)
		return w.header, w.err
	}
	if v.Name == "" { // of an instance that was ended without being readable
		return w.header, w.err
	}
	name, err := encodeToken("orchestrator name", v.Name)
	w.put(headerName, name, err)
	return w.header, w.err
}

// keepFor is how long the last of the events is to be kept from now on, in whole
// seconds, as the server counts, and no shorter than it can.
func keepFor(kept []record.Event, now time.Time) time.Duration {
	const shortest, longest = time.Second, 100 * 365 * 24 * time.Hour
	var last time.Time
	for _, e := range kept {
		if e.At.After(last) {
			last = e.At
		}
	}
	left := min(last.Sub(now), longest) + time.Second - 1
	return max(left.Truncate(time.Second), shortest)
}

// last reads the last message of a subject of the value stream, from any replica.
func (h *Hub) last(ctx context.Context, subject string) (*js.RawStreamMsg, error) {
	return ask(ctx, h, func(ctx context.Context) (*js.RawStreamMsg, error) {
		return h.values.GetLastMsgForSubject(ctx, subject)
	})
}

// latest reads the last message of a subject from the stream's leader; it returns
// [js.ErrMsgNotFound] if there is none. The client library would ask any replica.
func (h *Hub) latest(ctx context.Context, stream, subject string) (*js.RawStreamMsg, error) {
	return h.message(ctx, stream, messageQuery{Last: subject})
}

// messageQuery asks for one message of a stream: the last under a subject, or the
// next under a subject from a number on.
type messageQuery struct {
	Last string `json:"last_by_subj,omitempty"`
	Next string `json:"next_by_subj,omitempty"`
	From uint64 `json:"seq,omitempty"`
	// Batch and MaxBytes bound how many come, where there may be more than one.
	Batch    int `json:"batch,omitempty"`
	MaxBytes int `json:"max_bytes,omitempty"`
}

// message reads a message from the stream's leader; it returns [js.ErrMsgNotFound]
// if there is none.
func (h *Hub) message(ctx context.Context, stream string, query messageQuery) (*js.RawStreamMsg, error) {
	request, err := json.Marshal(query)
	if err != nil {
		return nil, err
	}
	var response struct {
		Error   *js.APIError `json:"error"`
		Message *struct {
			Subject string    `json:"subject"`
			Seq     uint64    `json:"seq"`
			Header  []byte    `json:"hdrs"`
			Data    []byte    `json:"data"`
			Time    time.Time `json:"time"`
		} `json:"message"`
	}
	if err := h.call(ctx, "STREAM.MSG.GET."+stream, request, &response); err != nil {
		return nil, err
	}
	switch {
	case response.Error != nil && response.Error.ErrorCode == js.JSErrCodeMessageNotFound:
		return nil, js.ErrMsgNotFound
	case response.Error != nil && response.Error.Code == http.StatusServiceUnavailable:
		return nil, unreachable(response.Error.Error()) // such as a stream that has no leader just now
	case response.Error != nil:
		return nil, response.Error
	case response.Message == nil:
		return nil, js.ErrInvalidJetStreamResponse
	}
	m := &js.RawStreamMsg{Subject: response.Message.Subject, Sequence: response.Message.Seq, Data: response.Message.Data, Time: response.Message.Time}
	if len(response.Message.Header) > 0 {
		m.Header, err = nats.DecodeHeadersMsg(response.Message.Header)
	}
	return m, err
}

// call makes a request of the JetStream API that may be made twice.
func (h *Hub) call(ctx context.Context, subject string, request []byte, response any) error {
	reply, err := ask(ctx, h, h.requesting(subject, request))
	return readReply(subject, reply, err, response)
}

// callOnce makes any other request of the JetStream API.
func (h *Hub) callOnce(ctx context.Context, subject string, request []byte, response any) error {
	reply, err := askOnce(ctx, h, h.requesting(subject, request))
	return readReply(subject, reply, err, response)
}

func (h *Hub) requesting(subject string, request []byte) func(context.Context) (*nats.Msg, error) {
	return func(ctx context.Context) (*nats.Msg, error) {
		return h.nc.RequestWithContext(ctx, h.api+subject, request)
	}
}

func readReply(subject string, reply *nats.Msg, err error, response any) error {
	if errors.Is(err, nats.ErrNoResponders) {
		return notTaken(err)
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(reply.Data, response); err != nil {
		return fmt.Errorf("read answer of %s: %w", subject, err)
	}
	return nil
}
