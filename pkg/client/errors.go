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
	// ErrInstanceLive: the instance has not ended, as what was asked requires.
	ErrInstanceLive = errors.New("instance has not ended")
	// ErrInstanceNotFailed: the instance has not failed, as what was asked requires.
	ErrInstanceNotFailed = errors.New("instance has not failed")
	// ErrInstanceBlocked: the instance cannot go on until something is put right: its
	// code, most often.
	ErrInstanceBlocked = errors.New("instance is blocked")
	// ErrNotRewindable: the instance has failed, and there is not enough left of its
	// history for it to go on.
	ErrNotRewindable = errors.New("instance cannot be rewound")
	// ErrKeptFull: there is no room for another event that is kept for the id.
	ErrKeptFull = record.ErrKeptFull
	// ErrNotRestartable: the input of the ended instance is not there any more.
	ErrNotRestartable = errors.New("instance cannot be restarted")
	// ErrInstanceUnsettled: the instance has ended, but no worker has yet carried out
	// what it decided last.
	ErrInstanceUnsettled = errors.New("instance has ended, but what it decided last is not carried out yet: try again when a worker has done so")
	// ErrNotTakenIn: the event is stored, and it is not known that the instance has taken
	// it in.
	ErrNotTakenIn = errors.New("the event is stored, but was not taken in yet")
	// ErrUnknownOrchestrator: no worker has registered that orchestrator.
	ErrUnknownOrchestrator = errors.New("unknown orchestrator")
	// ErrInvalidPayload: an input or payload that is not JSON.
	ErrInvalidPayload = errors.New("not valid JSON")
	// ErrPayloadTooLarge: an input or payload that the hub cannot store.
	ErrPayloadTooLarge = record.ErrTooLarge
	// ErrStorage: the hub has no room for more, or cannot write to its files.
	ErrStorage = hub.ErrStorage
	// ErrTooFarAhead: the start is delayed by more than 3,653 days (ten years), or the
	// event is to be kept for more than 366 days.
	ErrTooFarAhead = hub.ErrTooFarAhead
	// ErrOutdated: the hub lacks what this version of Dormouse has added.
	ErrOutdated = hub.ErrOutdated
	// ErrInvalidOption: an option that does not go with what was asked.
	ErrInvalidOption = errors.New("invalid option")
	// ErrInvalidToken: a page token that [Client.List] has not given out.
	ErrInvalidToken = errors.New("invalid page token")
	// ErrInvalidName: an instance id, or the name of an orchestrator or event,
	// that breaks the rules for names.
	ErrInvalidName = ident.ErrInvalidName
)
