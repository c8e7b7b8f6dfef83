package jetstream

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// names derives the name of every stream and subject from that of the hub.
type names struct{ hub string }

func (n names) controlStream() string  { return n.hub + "-control" }
func (n names) timerStream() string    { return n.hub + "-timer" }
func (n names) activityStream() string { return n.hub + "-activity" }
func (n names) deadStream() string     { return n.hub + "-dead" }
func (n names) valueStream() string    { return "KV_" + n.hub }
func (n names) fleetStream() string    { return "KV_" + n.hub + fleetSuffix }

// fleetSuffix makes the bucket of leases out of the hub's name; no hub may be
// called so.
const fleetSuffix = "-fleet"

// value is where the instance with that token has its value.
func (n names) value(token string) string { return "$KV." + n.hub + "." + token }

// allValues matches every value, and no segment nor name.
func (n names) allValues() string { return n.value("*") }

// orchestrator is where a registered name is kept. The slash cannot be in a
// token, and a listing of values never looks two tokens deep.
func (n names) orchestrator(token string) string { return n.value("/orchestrators.") + token }

// activityName is where the name of an activity stands that a worker has registered.
func (n names) activityName(token string) string { return n.value("/activities.") + token }

// retention is where it is kept how long ended instances are. No token has a slash.
func (n names) retention() string { return n.value("/retention") }

// reuse is where it is kept whether ids are used again.
func (n names) reuse() string { return n.value("/reuse") }

// changed is where the server publishes that a value has changed.
func (n names) changed(token string) string { return n.hub + ".changed." + token }

// lease is where a lease is kept.
func (n names) lease(token string) string { return "$KV." + n.hub + fleetSuffix + "." + token }

// secret is where the hub's secret is kept. Whoever watches leases does not look two
// tokens deep.
func (n names) secret() string { return n.lease("/secret.ids") }

// partition matches what the control stream holds of a partition.
func (n names) partition(partition int) string {
	return n.hub + ".control." + strconv.Itoa(partition) + ".>"
}

// controlOf matches what the control stream holds of the instance with that token.
func (n names) controlOf(token string) string { return n.hub + ".control.*." + token + ".>" }

// claimsOf matches the starts of the instance with that token that come with a claim.
func (n names) claimsOf(token string) string {
	return n.hub + ".control.*." + token + "." + string(wireClaim) + ".>"
}

// timers matches the timers of the instance with that token, dues those of them that
// are due and not handed on yet.
func (n names) timers(token string) string { return n.hub + ".timer." + token + ".>" }
func (n names) dues(token string) string   { return n.hub + ".due." + token + ".>" }

// allDue matches every timer that is due.
func (n names) allDue() string { return n.hub + ".due.>" }

// activities matches what is to be done of the activity with that token.
func (n names) activities(token string) string { return n.hub + ".activity." + token + ".>" }

func (n names) dead(verb string) string { return n.hub + ".dead." + verb }

// segment is where sealed events are kept. The dots of the key part tokens.
func (n names) segment(instance, key string) (string, error) {
	token, err := encodeToken("instance id", instance)
	if err != nil {
		return "", err
	}
	parts := strings.Split(key, ".")
	for i, part := range parts {
		if parts[i], err = encodeToken("segment key", part); err != nil {
			return "", err
		}
	}
	return n.value(token) + "." + strings.Join(parts, "."), nil
}

// to is where a control message is published.
func (n names) to(m hub.Message) (string, error) {
	token, err := encodeToken("instance id", m.Instance)
	if err != nil {
		return "", err
	}
	subject := n.hub + ".to." + token + "." + string(wireVerbOf(m))
	if argumentOf(m.Verb) == noArgument {
		return subject, nil
	}
	arg, err := encodeToken("argument of "+string(m.Verb), m.Arg)
	if err != nil {
		return "", err
	}
	return subject + "." + arg, nil
}

// task is the part of a timer's or an activity's names that tells it from all
// others: instance, execution and number.
type task struct{ instance, execution, number string }

func newTask(instance, execution string, number int64) (task, error) {
	i, err := encodeToken("instance id", instance)
	if err != nil {
		return task{}, err
	}
	e, err := encodeToken("execution id", execution)
	if err != nil {
		return task{}, err
	}
	return task{instance: i, execution: e, number: record.TaskArg(number)}, nil
}

// id is a message id: the same for the same task, different for others.
func (t task) id() string { return t.instance + "/" + t.execution + "/" + t.number }

func (n names) timer(t task) string {
	return n.hub + ".timer." + t.instance + "." + t.execution + "." + t.number
}

func (n names) due(t task) string {
	return n.hub + ".due." + t.instance + "." + t.execution + "." + t.number
}

func (n names) fired(t task) string {
	return n.hub + ".to." + t.instance + "." + string(hub.VerbFired) + "." + t.number
}

func (n names) activity(name string, t task) string {
	return n.hub + ".activity." + name + "." + t.instance + "." + t.number
}

// argument says what stands behind a verb in a subject.
type argument int

const (
	unknownVerb argument = iota
	noArgument
	nameArgument
	taskArgument
)

func argumentOf(verb hub.Verb) argument {
	switch verb {
	case hub.VerbStart, hub.VerbRaise:
		return nameArgument
	case hub.VerbTerminate, hub.VerbSuspend, hub.VerbResume, hub.VerbRewind:
		return noArgument
	case hub.VerbCompleted, hub.VerbFailed, hub.VerbFired:
		return taskArgument
	}
	return unknownVerb
}

// address is what the subject of a control message says.
type address struct {
	instance string
	verb     wireVerb
	arg      string
}

// parseControl reads the subject under which the control stream keeps a message:
// <hub>.control.<partition>.<instance>.<verb>[.<argument>]. Where it fails, the
// verb is set if that much could be read.
func parseControl(subject string) (address, error) {
	var a address
	parts := strings.Split(subject, ".")
	if len(parts) < 5 || len(parts) > 6 {
		return a, fmt.Errorf("subject has %d parts behind the instance, not a verb and at most one argument: encode dots in names as =2E", max(0, len(parts)-4))
	}
	verb := wireVerb(parts[4])
	if argumentOf(verb.verb()) == unknownVerb {
		return a, fmt.Errorf("unknown verb %q", parts[4])
	}
	a.verb = verb
	instance, err := decodeToken(parts[3])
	if err != nil {
		return a, err
	}
	if err := ident.CheckInstance(instance); err != nil {
		return a, err
	}
	a.instance = instance
	a.arg, err = parseArgument(a.verb, parts[5:])
	return a, err
}

func parseArgument(verb wireVerb, parts []string) (string, error) {
	kind := argumentOf(verb.verb())
	if kind == noArgument {
		if len(parts) > 0 {
			return "", fmt.Errorf("verb %s takes no argument", verb)
		}
		return "", nil
	}
	if len(parts) == 0 {
		return "", fmt.Errorf("verb %s needs an argument", verb)
	}
	arg, err := decodeToken(parts[0])
	if err != nil {
		return "", err
	}
	if kind == taskArgument {
		if n := (hub.Message{Arg: arg}).Task(); n == 0 || record.TaskArg(n) != arg {
			return "", fmt.Errorf("%s: %q is not a task number", verb, arg)
		}
		return arg, nil
	}
	return arg, ident.CheckName("argument of "+string(verb), arg)
}
