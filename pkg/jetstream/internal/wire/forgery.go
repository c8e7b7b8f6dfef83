package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
)

// checkForgery refuses a control message that no publisher has sent. The server answers to
// whatever subject a request names, and does not check whether the sender of the request
// may publish there. So an acknowledgement, or a message that is stored elsewhere, can come
// in as if it were said to an instance. See "Permissions" in docs/protocol.md.
func checkForgery(row *row, m *nats.Msg) error {
	if err := checkCopy(m); err != nil {
		return err
	}
	switch {
	case row.least == Worker && m.Header.Get(ExecutionHeader) == "":
		return headerError(ExecutionHeader, errMissing)
	case row.body == reason && !isReason(m.Data):
		return errors.New("the body must be a reason, a JSON string, or nothing")
	case isAnswer(m):
		return errors.New("the body is an answer of the NATS server: a request named this instance as its reply subject")
	}
	return nil
}

// checkQueueForgery refuses a message of a queue that nobody has sent there.
func checkQueueForgery(m *nats.Msg) error {
	if err := checkCopy(m); err != nil {
		return err
	}
	if isAnswer(m) {
		return errors.New("the body is an answer of the NATS server: a request named this queue as its reply subject")
	}
	return nil
}

// foreignHeaders are of messages that the server has read out of a stream, and of messages
// that this package stores elsewhere.
var foreignHeaders = []string{
	"Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Msg-Size", OperationHeader,
	StatusHeader, StoredHeader, CallHeader, ReasonHeader,
}

// checkCopy refuses a message that the server has read out of a stream.
func checkCopy(m *nats.Msg) error {
	for _, key := range foreignHeaders {
		if m.Header.Get(key) != "" {
			return fmt.Errorf("header %s: the message is a copy of one that is stored elsewhere", key)
		}
	}
	return nil
}

func isReason(body []byte) bool {
	var text string
	return len(body) == 0 || json.Unmarshal(body, &text) == nil
}

// apiTypes begins the type of every answer of the server, except for acknowledgements.
const apiTypes = "io.nats.jetstream.api."

// isAnswer reports whether a message is an acknowledgement, such as
// {"stream":"default-control","seq":17}, or the server's answer to another request.
func isAnswer(m *nats.Msg) bool {
	if len(m.Header) > 0 || !bytes.HasPrefix(m.Data, []byte(`{"`)) {
		return false
	}
	var answer struct {
		Type   string          `json:"type"`
		Stream *string         `json:"stream"`
		Seq    *uint64         `json:"seq"`
		Error  json.RawMessage `json:"error"`
	}
	if json.Unmarshal(m.Data, &answer) != nil {
		return false
	}
	return strings.HasPrefix(answer.Type, apiTypes) || answer.Stream != nil && (answer.Seq != nil || answer.Error != nil)
}
