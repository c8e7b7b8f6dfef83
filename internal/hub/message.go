package hub

import (
	"strconv"
	"time"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Verb says what a control message wants of its instance.
type Verb string

// The verbs of clients. A role may be kept to some of them: see docs/protocol.md.
const (
	// VerbStart starts the instance; Arg is the orchestrator, Data its input.
	VerbStart Verb = "start"
	// VerbRaise raises an external event; Arg is its name, Data its payload.
	VerbRaise Verb = "raise"
	// VerbTerminate ends the instance; Data is the reason, as a JSON string.
	VerbTerminate Verb = "terminate"
	// VerbSuspend and VerbResume stop and go; Data is the reason.
	VerbSuspend Verb = "suspend"
	VerbResume  Verb = "resume"
	// VerbRewind lets a failed instance try again; Data is the reason.
	VerbRewind Verb = "rewind"
)

// The engine's own verbs; NATS permissions can keep them for workers.
const (
	// VerbCompleted brings the result of the activity or child that is task Arg, VerbFailed
	// its failure.
	VerbCompleted Verb = "completed"
	VerbFailed    Verb = "failed"
	// VerbFired says that timer Arg is due.
	VerbFired Verb = "fired"
)

// Verbs are all verbs. docs/adding-a-verb.md says what a new one needs.
var Verbs = []Verb{
	VerbStart, VerbRaise, VerbTerminate, VerbSuspend, VerbResume, VerbRewind, VerbCompleted, VerbFailed, VerbFired,
}

// AnyEnded is what a start replaces that takes the place of whatever has ended, or of
// nothing.
const AnyEnded = ^uint64(0)

// AnyAtAll is what a start replaces that puts an end to a live execution.
const AnyAtAll = ^uint64(0) - 1

// NoInstance is what a start replaces for which there must be no instance of that id,
// neither a live one nor one that has ended.
const NoInstance = ^uint64(0) - 2

// Message is one control message: what somebody says to an instance.
type Message struct {
	// Instance is the id of the instance spoken to.
	Instance string
	Verb     Verb
	// Arg is the verb's argument: a name, or a task number.
	Arg string
	// Data is the JSON payload, nil for none.
	Data []byte
	// ID is the idempotency id of an external event, empty for none.
	ID string
	// Execution is the execution that the message is meant for. Results and
	// timers of an older one are dropped. On a start it names the new execution.
	Execution string
	// Replaces is, on a start, the revision of the instance's record that the starter saw, 0
	// if there was none: the start is refused where another instance has come since. Or it
	// leaves the choice to the engine: [NoInstance] never replaces one, not even an ended one;
	// [AnyEnded] replaces an ended one; [AnyAtAll] ends what is live.
	Replaces uint64
	// Parent is, on a start, whom the result is for, nil for nobody. A start of the
	// execution that is there, for a parent that was rewound since, lets it try again
	// or answer again. On a terminate it is the parent whose wish it is, nil for that of
	// somebody else: one of a parent before it was rewound does not count any more.
	Parent *record.Parent
	// Tags of the new instance.
	Tags history.Tags
	// StartAt is, on a start, when the instance is to start, zero for at once.
	StartAt time.Time
	// KeepUntil is, on a raise, until when the event is kept for an instance that is not
	// there yet, zero for not at all.
	KeepUntil time.Time
	// Version of the orchestrator to start, empty for the newest.
	Version string
	// With is, on a start, an event to raise on the instance, be it new or live.
	With *Raised
	// KeepChildren is set on a terminate that is not meant for children.
	KeepChildren bool
	// Receipt is, on a raise, where to say what became of the event; empty for
	// nowhere.
	Receipt string
}

// Task returns the task number that Arg holds, 0 if it holds none.
func (m Message) Task() int64 {
	n, err := strconv.ParseInt(m.Arg, 10, 64)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// Raised is an external event that comes along with something else.
type Raised struct {
	Name string
	ID   string
	Data []byte
}
