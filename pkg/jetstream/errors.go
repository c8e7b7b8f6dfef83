package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// Conditions that callers act on, beside those of the hub's vocabulary.
var (
	// ErrHubNotFound: [OpenExisting] found no such hub.
	ErrHubNotFound = errors.New("does not exist on this NATS server")
	// ErrNoJetStream: the NATS server, or this account on it, stores nothing, or the login
	// may not ask.
	ErrNoJetStream = errors.New("there is no JetStream for this login: the NATS server runs without it (start it with -js), it is not enabled for the account, or the login may only publish")
	// ErrOldServer: the NATS server lacks features that a hub needs.
	ErrOldServer = errors.New("NATS server is too old")
	// ErrSmallMessages: the NATS server takes smaller messages than a hub needs.
	ErrSmallMessages = errors.New("NATS server takes too small messages")
	// ErrOlderVersion: the hub is in a format that this program does not read any more.
	ErrOlderVersion = errors.New("made by an older version of Dormouse: let that one finish it, and choose another hub for this one")
	// ErrOutdated: the hub lacks settings that this version of Dormouse has added.
	ErrOutdated = hub.ErrOutdated
	// ErrForeignStream: a stream has a name that the hub needs, but is none of its.
	ErrForeignStream = errors.New("stream was not made by Dormouse")
	// ErrNotConnected: the connection is interrupted and has not been repaired yet.
	ErrNotConnected = pull.ErrNotConnected
	// ErrNotTaken: there is no stream that takes the message.
	ErrNotTaken = errors.New("nothing there takes it: the hub was removed, its servers have no leader at the moment, or this login may not say that")
	// ErrStorage: the NATS server has no room for more, or cannot write to its files.
	ErrStorage = hub.ErrStorage
	// ErrTooLarge: larger than the hub can store.
	ErrTooLarge = record.ErrTooLarge
	// ErrNotJSON: a payload that has to be JSON is none.
	ErrNotJSON = wire.ErrNotJSON
)

// Error codes of the server that its client library has no name for.
const (
	// codeWrongLastSequence comes where the revision is another one than expected.
	codeWrongLastSequence js.ErrorCode = 10071
	// codeSubjectInProcess comes on a cluster for an expected revision, while its servers
	// are agreeing on another message of that subject. The server calls it "wrong last
	// sequence" too, but has not compared anything yet.
	codeSubjectInProcess js.ErrorCode = 10164
	// codeMaxConsumers comes where a stream has as many consumers as it may, or is to be
	// allowed more than its account.
	codeMaxConsumers js.ErrorCode = 10026
	// codeConsumerCreate comes where a consumer is deleted while it is being made.
	codeConsumerCreate js.ErrorCode = 10012
	// codeConsumerNotUnique comes where another consumer of a work queue is for the same
	// messages.
	codeConsumerNotUnique js.ErrorCode = 10100
	// codeDuplicateInProcess comes on a cluster while its servers are agreeing on another
	// message of that id.
	codeDuplicateInProcess js.ErrorCode = 10158
)

// storageCodes are those of a server that has no room: for the account, for the whole
// server in memory or files, for the stream.
var storageCodes = []js.ErrorCode{10002, 10023, 10028, 10047, 10077}

// errUnconfirmed is [hub.ErrUnconfirmed] after the time for an answer was over.
var errUnconfirmed = fmt.Errorf("%w: %w", hub.ErrUnconfirmed, context.DeadlineExceeded)

func isConsumerLimit(err error) bool {
	var api *js.APIError
	return errors.As(err, &api) && api.ErrorCode == codeMaxConsumers
}

// errUndecided: the cluster has not agreed in time on a message that this one depends on.
var errUndecided = fmt.Errorf("the NATS servers did not agree in time on a message that this one depends on: %w", context.DeadlineExceeded)

// isInProcess reports whether a message was not stored because the outcome of another
// one is not known yet.
func isInProcess(err error) bool {
	var api *js.APIError
	return errors.As(err, &api) && (api.ErrorCode == codeSubjectInProcess || api.ErrorCode == codeDuplicateInProcess)
}

// storeError puts an error of a publish into the hub's vocabulary.
func storeError(err error) error {
	var api *js.APIError
	switch {
	case errors.As(err, &api) && api.ErrorCode == codeWrongLastSequence:
		return hub.ErrConflict
	case errors.Is(err, js.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return notTaken(err)
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	case errors.Is(err, js.ErrAsyncPublishTimeout), errors.Is(err, js.ErrTooManyStalledMsgs):
		return fmt.Errorf("%w: %w", errUnconfirmed, err)
	case api != nil && slices.Contains(storageCodes, api.ErrorCode):
		return fmt.Errorf("%w: %w", ErrStorage, err)
	case err == context.DeadlineExceeded: //nolint:errorlint // an error that wraps it says more
		return errUnconfirmed
	}
	return pull.SendError(err)
}

// notTaken explains that nobody answers.
func notTaken(err error) error { return fmt.Errorf("%w (%w)", ErrNotTaken, err) }

// setupError adds advice to an error on opening a hub.
func (c *connection) setupError(err error) error {
	name := c.codec.Names.Hub
	if c.api != defaultAPI {
		err = fmt.Errorf("of the JetStream at %s>: %w", c.api, err)
	}
	switch {
	case errors.Is(err, js.ErrJetStreamNotEnabled),
		errors.Is(err, js.ErrJetStreamNotEnabledForAccount),
		errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("hub %q: %w (%w)", name, ErrNoJetStream, err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("hub %q: NATS did not answer: check the server and this user's permissions: %w", name, err)
	}
	return fmt.Errorf("hub %q: %w", name, err)
}
