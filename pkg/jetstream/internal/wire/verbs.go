package wire

import "github.com/dormouse-dev/dormouse/internal/hub"

// Verb is a verb as it stands in a subject. Verbs have the names there that they have in
// internal/hub, except for the start: permissions are given by subject, so each way to
// start an instance is a verb of its own.
type Verb string

// The verbs of the wire.
const (
	// Start starts an instance if there is none of that id, live or ended.
	Start = Verb(hub.VerbStart)
	// Restart starts an instance that is not live, and takes the place of an ended one.
	Restart Verb = "restart"
	// Replace ends the live instance, and takes its place.
	Replace Verb = "replace"
	// Claim starts an instance whose record is stored beside the message.
	Claim Verb = "claim"
	// Child starts an instance whose result is for another.
	Child Verb = "child"

	Raise     = Verb(hub.VerbRaise)
	Terminate = Verb(hub.VerbTerminate)
	Suspend   = Verb(hub.VerbSuspend)
	Resume    = Verb(hub.VerbResume)
	Rewind    = Verb(hub.VerbRewind)
	Completed = Verb(hub.VerbCompleted)
	Failed    = Verb(hub.VerbFailed)
	Fired     = Verb(hub.VerbFired)
)

// Role is a group of people or programs, by the verbs that they may say. Each role may say the
// verbs of the roles before it. deploy/nats has logins for them, and for others that
// say no verb.
type Role int

const (
	// Publisher may raise events.
	Publisher Role = iota + 1
	// Starter may also start instances that are not there.
	Starter
	// Operator may say everything that pkg/client says.
	Operator
	// Worker may also say the verbs of the engine.
	Worker
)

// argument is the kind of the token behind a verb in a subject.
type argument int

const (
	noArgument argument = iota + 1
	nameArgument
	taskArgument
)

// body is the kind of content that a message carries.
type body int

const (
	// payload is JSON, or nothing.
	payload body = iota + 1
	// reason is a JSON string, or nothing.
	reason
	// input is the input of an orchestrator, or, where an event comes with the start, an
	// object with the input and the event's payload.
	input
)

// row is all that the wire says of one verb.
type row struct {
	verb Verb
	// said is the verb in the vocabulary of the hub.
	said hub.Verb
	// least is the least role that may say it.
	least    Role
	argument argument
	body     body
	// headers are those that the verb has, in the order in which they are written and read.
	// All others are ignored.
	headers []header
	// fits reports whether a message of the hub's verb is said by this verb. The first row
	// that fits counts; nil fits always.
	fits func(m hub.Message) bool
	// replaces is the revision that a start replaces if the verb has no header for it.
	replaces uint64
	// once returns a text that only the repeats of a message share, for messages from one
	// instance to another; empty if the server must store a repeat. Nil is for verbs whose
	// repeats are always stored.
	once func(m hub.Message) string
}

// verbs is the table of all control messages. See docs/adding-a-verb.md.
var verbs = []row{
	{
		verb: Child, said: hub.VerbStart, least: Worker, argument: nameArgument, body: input,
		headers: append([]header{needed(parent), needed(replaced), needed(startExecution)}, ofStart...),
		fits:    func(m hub.Message) bool { return m.Parent != nil },
		once:    onceStarted,
	},
	{
		verb: Replace, said: hub.VerbStart, least: Operator, argument: nameArgument, body: input,
		headers:  append([]header{writeOnly(replaced), startExecution}, ofStart...),
		fits:     func(m hub.Message) bool { return m.Replaces == hub.AnyAtAll },
		replaces: hub.AnyAtAll,
		once:     onceStarted,
	},
	{
		verb: Claim, said: hub.VerbStart, least: Operator, argument: nameArgument, body: input,
		headers: append([]header{needed(replaced), needed(startExecution)}, ofStart...),
		fits:    func(m hub.Message) bool { return m.Execution != "" },
		once:    onceStarted,
	},
	{
		verb: Restart, said: hub.VerbStart, least: Operator, argument: nameArgument, body: input,
		headers:  append([]header{ownExecution}, ofStart...),
		fits:     func(m hub.Message) bool { return m.Replaces == hub.AnyEnded },
		replaces: hub.AnyEnded,
		once:     onceStarted,
	},
	{
		verb: Start, said: hub.VerbStart, least: Starter, argument: nameArgument, body: input,
		headers:  append([]header{ownExecution}, ofStart...),
		replaces: hub.NoInstance,
		once:     onceStarted,
	},
	{
		verb: Raise, said: hub.VerbRaise, least: Publisher, argument: nameArgument, body: payload,
		headers: []header{execution, eventID, keepUntil, receipt},
		once:    func(m hub.Message) string { return m.ID },
	},
	{
		// A terminate has no id when it is told: it ends the execution that it finds, which may
		// have been rewound since.
		verb: Terminate, said: hub.VerbTerminate, least: Operator, argument: noArgument, body: reason,
		headers: []header{execution, parent, keepChildren},
	},
	{
		verb: Suspend, said: hub.VerbSuspend, least: Operator, argument: noArgument, body: reason,
		headers: []header{execution},
	},
	{
		verb: Resume, said: hub.VerbResume, least: Operator, argument: noArgument, body: reason,
		headers: []header{execution},
	},
	{
		verb: Rewind, said: hub.VerbRewind, least: Operator, argument: noArgument, body: reason,
		headers: []header{execution},
	},
	{
		verb: Completed, said: hub.VerbCompleted, least: Worker, argument: taskArgument, body: payload,
		headers: []header{needed(execution), resultID},
	},
	{
		verb: Failed, said: hub.VerbFailed, least: Worker, argument: taskArgument, body: payload,
		headers: []header{needed(execution), resultID},
	},
	{
		verb: Fired, said: hub.VerbFired, least: Worker, argument: taskArgument, body: payload,
		headers: []header{needed(execution)},
	},
}

// onceStarted is the same for each start of an execution by one execution of its parent. A
// parent that was rewound starts it again, and wants to be heard.
func onceStarted(m hub.Message) string {
	if m.Parent != nil {
		return m.Execution + "/" + m.Parent.Execution
	}
	return m.Execution
}

// rows are the table by verb.
var rows = func() map[Verb]*row {
	byVerb := make(map[Verb]*row, len(verbs))
	for i := range verbs {
		byVerb[verbs[i].verb] = &verbs[i]
	}
	return byVerb
}()

// rowOf returns the row by which the message is said, nil if there is none.
func rowOf(m hub.Message) *row {
	for i := range verbs {
		if r := &verbs[i]; r.said == m.Verb && (r.fits == nil || r.fits(m)) {
			return r
		}
	}
	return nil
}
