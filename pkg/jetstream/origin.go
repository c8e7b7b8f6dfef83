package jetstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// checkOrigin refuses what no publisher has said. The server answers to whatever
// subject a request names, and asks nobody whether the one who named it may publish
// there: an acknowledgement, or a message that is stored elsewhere, can so come in as
// if it were said to an instance. See "Permissions" in docs/protocol.md.
func checkOrigin(verb wireVerb, m *nats.Msg) error {
	for _, key := range foreignHeaders {
		if m.Header.Get(key) != "" {
			return fmt.Errorf("header %s: the message is a copy of one that is stored elsewhere", key)
		}
	}
	switch {
	case verb.isEngines() && m.Header.Get(headerExecution) == "":
		return fmt.Errorf("header %s: %w", headerExecution, errMissing)
	case isReasoned(verb.verb()) && !isReason(m.Data):
		return errors.New("the body must be a reason, a JSON string, or nothing")
	case len(m.Header) == 0 && isServersAnswer(m.Data):
		return errors.New("the body is an answer of the NATS server: what this is the reply subject of, is said to an instance")
	}
	return nil
}

// foreignHeaders are of messages that the server has read out of a stream, and of what
// this package stores elsewhere.
var foreignHeaders = []string{
	"Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Msg-Size", headerOperation,
	headerStatus, headerStored, headerCall, headerReason,
}

func isReasoned(verb hub.Verb) bool {
	switch verb {
	case hub.VerbTerminate, hub.VerbSuspend, hub.VerbResume, hub.VerbRewind:
		return true
	}
	return false
}

func isReason(body []byte) bool {
	var reason string
	return len(body) == 0 || json.Unmarshal(body, &reason) == nil
}

// apiTypes begins the types of all that the server answers, but for acknowledgements.
const apiTypes = "io.nats.jetstream.api."

// isServersAnswer reports whether the body is an acknowledgement, such as
// {"stream":"default-control","seq":17}, or the answer to another request.
func isServersAnswer(body []byte) bool {
	if !bytes.HasPrefix(body, []byte(`{"`)) {
		return false
	}
	var answer struct {
		Type   string          `json:"type"`
		Stream *string         `json:"stream"`
		Seq    *uint64         `json:"seq"`
		Error  json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return false
	}
	return strings.HasPrefix(answer.Type, apiTypes) || answer.Stream != nil && (answer.Seq != nil || answer.Error != nil)
}
