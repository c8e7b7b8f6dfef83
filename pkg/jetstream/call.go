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

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// latest reads the last message of a subject from the stream's leader; it returns
// [js.ErrMsgNotFound] if there is none. The client library would ask any replica.
func (c *connection) latest(ctx context.Context, stream, subject string) (*js.RawStreamMsg, error) {
	return c.message(ctx, stream, messageQuery{Last: subject})
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
func (c *connection) message(ctx context.Context, stream string, query messageQuery) (*js.RawStreamMsg, error) {
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
	if err := c.call(ctx, "STREAM.MSG.GET."+stream, request, &response); err != nil {
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
func (c *connection) call(ctx context.Context, subject string, request []byte, response any) error {
	reply, err := roundTrip(ctx, c, c.requesting(subject, request))
	return readReply(subject, reply, err, response)
}

// callOnce makes any other request of the JetStream API.
func (c *connection) callOnce(ctx context.Context, subject string, request []byte, response any) error {
	reply, err := roundTripOnce(ctx, c, c.requesting(subject, request))
	return readReply(subject, reply, err, response)
}

func (c *connection) requesting(subject string, request []byte) func(context.Context) (*nats.Msg, error) {
	return func(ctx context.Context) (*nats.Msg, error) {
		return c.nc.RequestWithContext(ctx, c.api+subject, request)
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

// purge removes the messages of a stream under a subject and returns how many there were. If
// below is not 0, messages with that number and higher ones stay.
func (c *connection) purge(ctx context.Context, stream, subject string, below uint64) (int, error) {
	request, err := json.Marshal(struct {
		Filter string `json:"filter"`
		Below  uint64 `json:"seq,omitempty"`
	}{subject, below})
	if err != nil {
		return 0, err
	}
	var response struct {
		Error  *js.APIError `json:"error"`
		Purged int          `json:"purged"`
	}
	if err := c.callOnce(ctx, "STREAM.PURGE."+stream, request, &response); err != nil {
		return 0, err
	}
	if response.Error != nil {
		return 0, response.Error
	}
	return response.Purged, nil
}

// setting returns the text of a setting of the hub, empty if it was never set.
func (c *connection) setting(ctx context.Context, subject string) (string, error) {
	m, err := c.latest(ctx, c.codec.Names.Streams.Values, subject)
	switch {
	case errors.Is(err, js.ErrMsgNotFound):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("load %s: %w", subject, err)
	case wire.IsMarker(m.Header):
		return "", nil
	}
	return string(m.Data), nil
}
