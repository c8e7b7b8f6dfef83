package pull

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

var stateNames = [states]string{"unheard", "greeted", "flowing", "draining", "over"}

var inputNames = [inputs]string{"message", "heartbeat", "none", "expired", "cut", "given", "tick", "broken", "stop", "quiet"}

// Every state says something of every input.
func TestEveryTransitionIsThere(t *testing.T) {
	t.Parallel()
	for s := range transitions {
		for i := range transitions[s] {
			require.NotNil(t, transitions[s][i], "%s on %s", stateNames[s], inputNames[i])
		}
	}
}

var errTest = errors.New("broken by the test")

// say reads an event from a word: "message 3", "expired 2", "cut -1", "given 1", "tick".
func say(word string) event {
	name, number, _ := strings.Cut(word, " ")
	n := 0
	if number != "" {
		_, _ = fmt.Sscan(number, &n)
	}
	for i := range inputNames {
		if inputNames[i] == name {
			return event{input: input(i), ack: wire.Ack{Delivery: uint64(n)}, left: n, count: n, err: errTest}
		}
	}
	panic(word)
}

// String is what a machine says of itself: its state, what it would ask for, and its error.
func (m *machine) String() string {
	batch, atOnce := m.request()
	text := stateNames[m.state]
	if batch > 0 {
		text += fmt.Sprintf(" asks %d", batch)
	}
	if batch > 0 && atOnce {
		text += " at once"
	}
	if m.err != nil {
		text += ": " + m.err.Error()
	}
	return text
}

// Each script is what happens to a feed with a window of four, and what it is then. A feed
// that asks is given what it asks for.
func TestMachine(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"an empty consumer": `
			none         flowing asks 4
			heartbeat    flowing
			expired 4    flowing asks 4`,
		"a consumer with a part of a window": `
			message 1    greeted
			message 2    greeted
			expired 2    flowing asks 2
			given 1      flowing
			given 1      flowing asks 2`,
		"a consumer with a full window": `
			message 1    greeted
			message 2    greeted
			message 3    greeted
			message 4    flowing
			given 1      flowing asks 1
			given 1      flowing
			given 2      flowing asks 3`,
		"a first request that is cut": `
			heartbeat    greeted
			cut 4        flowing asks 4
			cut 1        flowing`,
		"a first request of which the rest is not said": `
			cut -1       over: broken by the test`,
		"a request of which the rest is not said": `
			none         flowing asks 4
			expired -1   over: broken by the test`,
		"no messages where one waits": `
			none         flowing asks 4
			none         over: broken by the test`,
		"a gap at first": `
			message 2    over: a message is missing: number 2 came after 0`,
		"a gap later": `
			none         flowing asks 4
			message 1    flowing
			message 3    over: a message is missing: number 3 came after 1`,
		"silence": `
			none         flowing asks 4
			tick         flowing
			tick         flowing
			heartbeat    flowing
			tick         flowing
			tick         flowing
			tick         flowing
			tick         over: NATS has gone silent`,
		"silence from the start": `
			tick         unheard
			tick         unheard
			tick         unheard
			tick         over: NATS has gone silent`,
		"silence bears with a feed that asked for nothing": `
			message 1    greeted
			message 2    greeted
			message 3    greeted
			message 4    flowing
			tick         flowing
			tick         flowing
			tick         flowing
			tick         flowing
			tick         flowing`,
		"trouble": `
			broken       over: broken by the test
			message 1    over: broken by the test
			stop         over: broken by the test`,
		"stopped with messages on their way": `
			message 1    greeted
			stop         draining
			message 2    draining
			heartbeat    draining
			message 3    draining
			message 4    over`,
		"stopped, and the rest does not come": `
			none         flowing asks 4
			stop         draining
			tick         draining
			quiet        over`,
		"stopped, and the request ends": `
			none         flowing asks 4
			stop         draining
			message 1    draining
			expired 3    over`,
		"stopped, and the connection breaks": `
			stop         draining
			broken       over`,
		"stopped with nothing on its way": `
			message 1    greeted
			message 2    greeted
			message 3    greeted
			message 4    flowing
			stop         over`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &machine{window: 4, ordered: true, lingers: true}
			for line := range strings.Lines(strings.TrimSpace(script)) {
				if batch, _ := m.request(); batch > 0 {
					m.requested(batch)
				}
				line = strings.TrimSpace(line)
				word, want, _ := strings.Cut(line, "  ")
				m.on(say(word))
				require.Equal(t, strings.TrimSpace(want), m.String(), line)
			}
		})
	}
}

// A message goes out, or is set aside where it came too late.
func TestEffects(t *testing.T) {
	t.Parallel()
	for s, want := range map[state]effect{unheard: deliver, greeted: deliver, flowing: deliver, draining: setAside, over: setAside} {
		m := &machine{state: s, window: 4, asked: 4}
		require.Equal(t, want, m.on(event{input: message, ack: wire.Ack{Delivery: 1}}), stateNames[s])
	}
}
