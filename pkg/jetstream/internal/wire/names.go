package wire

import (
	"strconv"
	"strings"
)

// Names are the names of all streams and subjects of one hub, by purpose.
type Names struct {
	// Hub is the hub's name.
	Hub     string
	Streams Streams
	Control ControlSubjects
	Timers  TimerSubjects
	Values  ValueSubjects
	Changes ChangeSubjects
	Work    WorkSubjects
	Queues  QueueSubjects
	Fleet   FleetSubjects
}

// NewNames returns the names of the hub.
func NewNames(hub string) Names {
	return Names{
		Hub: hub,
		Streams: Streams{
			Control: hub + "-control", Timers: hub + "-timer", Values: "KV_" + hub, Activities: hub + "-activity",
			Queues: hub + "-queue", Dead: hub + "-dead", Fleet: "KV_" + hub + FleetSuffix,
		},
		Control: ControlSubjects(hub), Timers: TimerSubjects(hub), Values: ValueSubjects("$KV." + hub + "."), Changes: ChangeSubjects(hub),
		Work: WorkSubjects(hub), Queues: QueueSubjects(hub), Fleet: FleetSubjects("$KV." + hub + FleetSuffix + "."),
	}
}

// FleetSuffix makes the name of the bucket of leases out of the hub's name. No hub may have
// a name that ends so.
const FleetSuffix = "-fleet"

// Streams are the names of a hub's streams.
type Streams struct{ Control, Timers, Values, Activities, Queues, Dead, Fleet string }

// All returns the names of all streams.
func (s Streams) All() []string {
	return []string{s.Control, s.Values, s.Timers, s.Activities, s.Queues, s.Dead, s.Fleet}
}

// ControlSubjects are the subjects of control messages, and of dead letters.
type ControlSubjects string

// to is where a message for the instance with that token is published.
func (c ControlSubjects) to(instance string, verb Verb) string {
	return string(c) + ".to." + instance + "." + string(verb)
}

// Partition matches the messages of a partition in the control stream.
func (c ControlSubjects) Partition(partition int) string {
	return string(c) + ".control." + strconv.Itoa(partition) + ".>"
}

// Of matches the messages of the control stream to the instance with that token.
func (c ControlSubjects) Of(token string) string { return string(c) + ".control.*." + token + ".>" }

// ClaimsOf matches the starts of the instance with that token that come with a claim.
func (c ControlSubjects) ClaimsOf(token string) string {
	return string(c) + ".control.*." + token + "." + string(Claim) + ".>"
}

// dead is where dead letters of a kind are kept: see [deadKind].
func (c ControlSubjects) dead(kind string) string { return string(c) + ".dead." + kind }

// TimerSubjects are the subjects of timers.
type TimerSubjects string

// set is where the timer is kept until its time.
func (s TimerSubjects) set(t task) string { return string(s) + ".timer." + t.dotted() }

// due is where the server puts the timer at its time.
func (s TimerSubjects) due(t task) string { return string(s) + ".due." + t.dotted() }

// Of matches the timers of the instance with that token that are not due yet.
func (s TimerSubjects) Of(token string) string { return string(s) + ".timer." + token + ".>" }

// DuesOf matches the timers of the instance with that token that are due and not handed on.
func (s TimerSubjects) DuesOf(token string) string { return string(s) + ".due." + token + ".>" }

// AllDue matches every timer that is due.
func (s TimerSubjects) AllDue() string { return string(s) + ".due.>" }

// ValueSubjects are the keys of the bucket of values. The keys of everything that is no
// instance begin with a slash, which no token has.
type ValueSubjects string

// Of is where the instance with that token has its record.
func (v ValueSubjects) Of(token string) string { return string(v) + token }

// All matches every record, and no segment, name or setting: those have more tokens, or
// are told apart by a header.
func (v ValueSubjects) All() string { return v.Of("*") }

// SegmentsOf matches the segments of the instance with that token.
func (v ValueSubjects) SegmentsOf(token string) string { return v.Of(token) + ".>" }

// Segment is where sealed events are kept. The dots of the key part its tokens.
func (v ValueSubjects) Segment(instance, key string) (string, error) {
	token, err := EncodeToken("instance id", instance)
	if err != nil {
		return "", err
	}
	parts := strings.Split(key, ".")
	for i, part := range parts {
		if parts[i], err = EncodeToken("segment key", part); err != nil {
			return "", err
		}
	}
	return v.Of(token) + "." + strings.Join(parts, "."), nil
}

// Orchestrator is where the name of an orchestrator stands that a worker has registered.
func (v ValueSubjects) Orchestrator(token string) string { return v.Of("/orchestrators.") + token }

// Activity is where the name of an activity stands that a worker has registered.
func (v ValueSubjects) Activity(token string) string { return v.Of("/activities.") + token }

// Retention is where the hub keeps for how long ended instances stay.
func (v ValueSubjects) Retention() string { return v.Of("/retention") }

// Reuse is where the hub keeps whether ids are used again.
func (v ValueSubjects) Reuse() string { return v.Of("/reuse") }

// Opened is where the owner of a partition notes that it has the partition open.
func (v ValueSubjects) Opened(partition int) string {
	return v.Of("/opened." + strconv.Itoa(partition))
}

// Runs is where the runs of a message in a queue are counted.
func (v ValueSubjects) Runs(queue string, seq uint64) string {
	return v.Of("/runs." + queue + "." + strconv.FormatUint(seq, 10))
}

// ChangeSubjects are where the server publishes that values have changed.
type ChangeSubjects string

// Of is where the server publishes that the value with that key has changed.
func (c ChangeSubjects) Of(key string) string { return string(c) + ".changed." + key }

// All matches all changes.
func (c ChangeSubjects) All() string { return c.Of(">") }

// WorkSubjects are the subjects of activities.
type WorkSubjects string

// All matches the runs of the activity with that token.
func (w WorkSubjects) All(token string) string { return string(w) + ".activity." + token + ".>" }

func (w WorkSubjects) activity(name string, t task) string {
	return string(w) + ".activity." + name + "." + t.instance + "." + t.number
}

// QueueSubjects are the subjects of queues.
type QueueSubjects string

// Queue is where the queue with that token has its messages.
func (q QueueSubjects) Queue(token string) string { return string(q) + ".queue." + token }

// Poisoned is where that queue has its poisoned messages.
func (q QueueSubjects) Poisoned(token string) string { return string(q) + ".poison." + token }

// FleetSubjects are the keys of the bucket of leases.
type FleetSubjects string

// Lease is where a lease is kept.
func (f FleetSubjects) Lease(token string) string { return string(f) + token }

// Secret is where the hub's secret is kept. A watch of the leases does not look two tokens
// deep.
func (f FleetSubjects) Secret() string { return f.Lease("/secret.ids") }
