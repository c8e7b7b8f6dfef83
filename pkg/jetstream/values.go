package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// Load returns the instance's value and its revision. If there is none the value
// is nil, and the revision is what Commit must expect to create one. On a
// replicated hub the value may be stale. It returns an error wrapping
// [ident.ErrInvalidName], or a [*record.UnreadableError] for a value that is there
// and cannot be read.
func (h *Hub) Load(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	token, err := wire.EncodeToken("instance id", instance)
	if err != nil {
		return nil, 0, err
	}
	m, err := h.last(ctx, h.codec.Names.Values.Of(token))
	return readValue(instance, m, err)
}

// LoadLatest is [Hub.Load], but never stale: it asks the leader of the stream.
func (h *Hub) LoadLatest(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	token, err := wire.EncodeToken("instance id", instance)
	if err != nil {
		return nil, 0, err
	}
	select {
	case h.looking <- struct{}{}:
		defer func() { <-h.looking }()
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	m, err := h.latest(ctx, h.codec.Names.Streams.Values, h.codec.Names.Values.Of(token))
	return readValue(instance, m, err)
}

func readValue(instance string, m *js.RawStreamMsg, err error) (*record.InstanceRecord, uint64, error) {
	switch {
	case errors.Is(err, js.ErrMsgNotFound):
		return nil, 0, nil
	case err != nil:
		return nil, 0, fmt.Errorf("load instance %q: %w", instance, err)
	case wire.IsMarker(m.Header):
		return nil, m.Sequence, nil
	}
	v, err := record.Decode(m.Data)
	if err != nil {
		return nil, 0, wire.Unreadable(instance, m, err)
	}
	return v, m.Sequence, nil
}

// Commit replaces the value if its revision is still the expected one, and
// returns the new revision; otherwise [hub.ErrConflict]. It returns an error
// wrapping [ErrTooLarge] for a value that has more than [Hub.MaxValue] bytes. Any
// other error leaves open whether the value was stored.
func (h *Hub) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	m, err := h.codec.Record(instance, v, expected, h.limits(), h.clock.now())
	if err != nil {
		return 0, err
	}
	revision, err := h.publish(ctx, m).wait(ctx)
	if err != nil {
		return 0, fmt.Errorf("commit instance %q: %w", instance, err)
	}
	return revision, nil
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
		return nil, pull.Unreachable(response.Error.Error()) // such as a stream that has no leader just now
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
