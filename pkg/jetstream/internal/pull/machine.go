package pull

import (
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// state is how far a feed is.
type state int

const (
	// unheard: the server has not shown yet that it knows the consumer.
	unheard state = iota
	// greeted: the server has begun to answer the first request.
	greeted
	// flowing: the first request is answered; others wait at the server.
	flowing
	// draining: the feed was stopped, and sets aside messages that are on their way.
	draining
	// over: nothing more is taken in.
	over

	states
)

// input is something that happens to a feed.
type input int

const (
	// message: a message came.
	message input = iota
	// heartbeat: the server shows that it is there.
	heartbeat
	// none: the server has no messages for a request that does not wait.
	none
	// expired: the time of a request is up.
	expired
	// cut: a request ended before its time, since a message was too large or the batch is full.
	cut
	// given: messages that came out were given back.
	given
	// tick: the time of a heartbeat has passed.
	tick
	// broken: the server delivers nothing more, or the connection is gone.
	broken
	// stop: the owner of the feed wants no more.
	stop
	// quiet: nothing has come for as long as a stopped feed waits.
	quiet

	inputs
)

// event is one input with its details.
type event struct {
	input input
	// ack is the content of a message's ack subject.
	ack wire.Ack
	// left is how many messages a request that ended has not brought; -1 if that cannot be
	// read.
	left int
	// count is how many messages were given back.
	count int
	// err is the reason of broken.
	err error
}

// effect is the fate of the message of an event.
type effect int

const (
	nothing effect = iota
	// deliver: it goes out.
	deliver
	// setAside: it came too late to go out.
	setAside
)

// machine counts the messages that were asked for, and decides what a feed does next.
type machine struct {
	state state
	// window is how many messages may be on their way or held at a time.
	window int
	// ordered is set where a gap ends the feed.
	ordered bool
	// lingers is set if a stopped feed waits for messages that are on their way.
	lingers bool

	// asked is how many messages were asked for and have not come, held how many came out and
	// were not given back.
	asked, held int
	// silence counts the ticks since the server was last heard.
	silence int
	// last is the number of the last delivery.
	last uint64
	// err is why the feed is over, nil after stop.
	err error
}

// step takes an event into the counts, and returns the next state.
type step func(m *machine, e event) (state, effect)

// transitions are the steps by state and input. Every state says something of every input.
var transitions = [states][inputs]step{
	unheard: {
		message: first, heartbeat: goTo(greeted), none: answered, expired: answered, cut: cutFirst,
		given: giveBack, tick: count, broken: fail, stop: drain, quiet: stay,
	},
	greeted: {
		message: first, heartbeat: stay, none: answered, expired: answered, cut: cutFirst,
		given: giveBack, tick: count, broken: fail, stop: drain, quiet: stay,
	},
	flowing: {
		message: take, heartbeat: stay, none: fail, expired: finish, cut: finish,
		given: giveBack, tick: count, broken: fail, stop: drain, quiet: stay,
	},
	draining: {
		message: drainOne, heartbeat: stay, none: goTo(over), expired: drainRest, cut: drainRest,
		given: stay, tick: stay, broken: goTo(over), stop: stay, quiet: goTo(over),
	},
	over: {
		message: late, heartbeat: stay, none: stay, expired: stay, cut: stay,
		given: stay, tick: stay, broken: stay, stop: stay, quiet: stay,
	},
}

// on takes in one event, and returns the fate of its message.
func (m *machine) on(e event) effect {
	var done effect
	m.state, done = transitions[m.state][e.input](m, e)
	return done
}

// request returns how many messages to ask for now, 0 for none, and whether the server is to
// answer at once. A feed asks when there is room for half a window, or nothing is on its way.
// The first request is for messages that are there: the server answers it at once. No other
// request may be beside it, since the server would take that one for the end.
func (m *machine) request() (batch int, atOnce bool) {
	room := m.window - m.asked - m.held
	atOnce = m.state == unheard || m.state == greeted
	small := 2*room < m.window
	if m.state >= draining || room <= 0 || m.asked > 0 && (small || atOnce) {
		return 0, atOnce
	}
	return room, atOnce
}

// requested notes that the batch was asked for.
func (m *machine) requested(batch int) {
	m.asked += batch
	m.silence = 0
}

func goTo(next state) step {
	return func(m *machine, _ event) (state, effect) {
		m.silence = 0
		return next, nothing
	}
}

func stay(m *machine, e event) (state, effect) {
	if e.input == heartbeat {
		m.silence = 0
	}
	return m.state, nothing
}

// take hands on a message.
func take(m *machine, e event) (state, effect) {
	m.silence = 0
	if m.ordered && e.ack.Delivery != m.last+1 {
		return fail(m, event{err: fmt.Errorf("%w: number %d came after %d", ErrGap, e.ack.Delivery, m.last)})
	}
	m.last = e.ack.Delivery
	m.asked--
	m.held++
	return m.state, deliver
}

// first hands on a message of the first request.
func first(m *machine, e event) (state, effect) {
	next, done := take(m, e)
	if next == over {
		return next, done
	}
	return m.answer(), done
}

// answer is the state while the first request is being answered, or has been.
func (m *machine) answer() state {
	if m.asked == 0 {
		return flowing
	}
	return greeted
}

// answered ends the first request.
func answered(m *machine, _ event) (state, effect) {
	m.silence, m.asked = 0, 0
	return flowing, nothing
}

// finish ends a request that has not brought everything.
func finish(m *machine, e event) (state, effect) {
	m.silence = 0
	if e.left < 0 {
		return fail(m, e)
	}
	m.asked -= e.left
	return m.state, nothing
}

// cutFirst ends a part of the first request.
func cutFirst(m *machine, e event) (state, effect) {
	if next, done := finish(m, e); next == over {
		return next, done
	}
	return m.answer(), nothing
}

func giveBack(m *machine, e event) (state, effect) {
	m.held -= e.count
	return m.state, nothing
}

// count counts the silence. It counts ticks, not time: a process that was stopped and
// continued must not take its own absence for the server's.
func count(m *machine, _ event) (state, effect) {
	m.silence++
	if m.asked > 0 && m.silence > heartbeatsMissed {
		return fail(m, event{err: ErrSilent})
	}
	return m.state, nothing
}

// fail ends the feed by itself.
func fail(m *machine, e event) (state, effect) {
	m.err = e.err
	return over, nothing
}

// drain stops the feed.
func drain(m *machine, _ event) (state, effect) {
	if m.asked > 0 && m.lingers {
		return draining, nothing
	}
	return over, nothing
}

func drainOne(m *machine, _ event) (state, effect) {
	m.asked--
	return m.drained(), setAside
}

func drainRest(m *machine, e event) (state, effect) {
	if e.left < 0 {
		return over, nothing
	}
	m.asked -= e.left
	return m.drained(), nothing
}

func (m *machine) drained() state {
	if m.asked <= 0 {
		return over
	}
	return draining
}

func late(m *machine, _ event) (state, effect) { return m.state, setAside }
