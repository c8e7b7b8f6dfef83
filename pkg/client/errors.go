package client

import (
	"errors"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Conditions that callers act on. Errors of this package wrap them.
var (
	// ErrInstanceNotFound: the hub has no instance of that id.
	ErrInstanceNotFound = errors.New("no such instance")
	// ErrInstanceExists: the id belongs to an instance that may not be replaced.
	ErrInstanceExists = errors.New("instance already exists")
	// ErrInstanceEnded: the instance has completed, failed, or was terminated.
	ErrInstanceEnded = errors.New("instance has ended")
	// ErrInstanceLive: the instance has not ended, and the call needs one that has.
	ErrInstanceLive = errors.New("instance has not ended")
	// ErrInstanceNotFailed: the instance has not failed, and the call needs one that has.
	ErrInstanceNotFailed = errors.New("instance has not failed")
	// ErrInstanceBlocked: the instance cannot go on until somebody puts something right, most
	// often its code.
	ErrInstanceBlocked = errors.New("instance is blocked")
	// ErrNotRewindable: too little is left of the failed instance's history for it to go on.
	ErrNotRewindable = errors.New("instance cannot be rewound")
	// ErrKeptFull: there is no room for another event that is kept for the id.
	ErrKeptFull = record.ErrKeptFull
	// ErrNotRestartable: the input of the ended instance is not there any more.
	ErrNotRestartable = errors.New("instance cannot be restarted")
	// ErrInstanceUnsettled: the instance has ended, but no worker has carried out its last
	// decisions yet.
	ErrInstanceUnsettled = errors.New("instance has ended, but what it decided last is not carried out yet: try again when a worker has done so")
	// ErrNotTakenIn: the event is stored, and the caller was not told that the instance has
	// taken it in.
	ErrNotTakenIn = errors.New("the event is stored, but was not taken in yet")
	// ErrUnknownOrchestrator: no worker has registered that orchestrator.
	ErrUnknownOrchestrator = errors.New("unknown orchestrator")
	// ErrInvalidPayload: an input or payload is not JSON.
	ErrInvalidPayload = errors.New("not valid JSON")
	// ErrPayloadTooLarge: an input or payload is larger than the hub can store.
	ErrPayloadTooLarge = record.ErrTooLarge
	// ErrStorage: the hub has no room for more, or cannot write to its files.
	ErrStorage = hub.ErrStorage
	// ErrTooFarAhead: the start is delayed by more than 3,653 days (ten years), or the
	// event is to be kept for more than 366 days.
	ErrTooFarAhead = hub.ErrTooFarAhead
	// ErrOutdated: the hub was opened last by a worker of an older version, and lacks
	// something that this version needs.
	ErrOutdated = hub.ErrOutdated
	// ErrInvalidOption: an option does not go with the call or with another option.
	ErrInvalidOption = errors.New("invalid option")
	// ErrInvalidToken: a page token that [Client.List] has not returned for this list.
	ErrInvalidToken = errors.New("invalid page token")
	// ErrInvalidName: an instance id, or the name of an orchestrator, event or queue, breaks
	// the rules for names.
	ErrInvalidName = ident.ErrInvalidName
)
