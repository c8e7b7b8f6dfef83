package wire

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
)

func TestControlSubjectsRoundTrip(t *testing.T) {
	t.Parallel()
	c := &Codec{Names: NewNames("h")}
	for _, m := range []hub.Message{
		{Instance: "i", Verb: hub.VerbStart, Arg: "Budget"},
		{Instance: "a.b *>", Verb: hub.VerbRaise, Arg: "Größe. ✓"},
		{Instance: "raise", Verb: hub.VerbRaise, Arg: "fired"},
		{Instance: "i", Verb: hub.VerbTerminate},
		{Instance: "i", Verb: hub.VerbSuspend},
		{Instance: "i", Verb: hub.VerbResume},
		{Instance: "i", Verb: hub.VerbCompleted, Arg: "1"},
		{Instance: "i", Verb: hub.VerbFailed, Arg: "12"},
		{Instance: "i", Verb: hub.VerbFired, Arg: "9223372036854775807"},
	} {
		subject, err := c.subject(rowOf(m), m)
		require.NoError(t, err)
		// The subject that the stream's transform makes of it.
		stored := strings.Replace(subject, "h.to.", "h.control.15.", 1)
		a, err := parseControl(stored)
		require.NoError(t, err, "subject %s", stored)
		require.Equal(t, address{m.Instance, rowOf(m), m.Arg}, a)
	}
}

func TestControlSubjectsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for subject, why := range map[string]string{
		"h.control.1.i.raise.a.b":      "encode dots",
		"h.control.1.i.raise":          "needs an argument",
		"h.control.1.i.shout.a":        `unknown verb "shout"`,
		"h.control.1.i.RAISE.a":        "unknown verb",
		"h.control.1.i.terminate.now":  "takes no argument",
		"h.control.1.=61.raise.a":      "not encoded canonically",
		"h.control.1.ü.raise.a":        "unencoded",
		"h.control.1.=40x.raise.a":     `must not begin with "@"`,
		"h.control.1.a=2Fb.raise.a":    "must not contain",
		"h.control.1.i.raise.=0A":      "must not contain",
		"h.control.1.i.completed.0":    "not a task number",
		"h.control.1.i.completed.01":   "not a task number",
		"h.control.1.i.fired.x":        "not a task number",
		"h.control.1.i.fired.-1":       "not a task number",
		"h.control.1.=FF.raise.a":      "not valid UTF-8",
		"h.control.1":                  "parts",
		"h.control.1.i.start.=2E.=2E.": "parts",
	} {
		_, err := parseControl(subject)
		require.ErrorContains(t, err, why, "subject %s", subject)
	}
}

func TestSegmentSubjects(t *testing.T) {
	t.Parallel()
	n := NewNames("h")
	subject, err := n.Values.Segment("a.b", "E1.17.3")
	require.NoError(t, err)
	require.Equal(t, "$KV.h.a=2Eb.E1.17.3", subject)
	for _, key := range []string{"", "a.", ".a", "a..b"} {
		_, err := n.Values.Segment("i", key)
		require.ErrorIs(t, err, ident.ErrInvalidName, "key %q", key)
	}
}

func TestAckSubjects(t *testing.T) {
	t.Parallel()
	want := Ack{Attempt: 2, Seq: 30, Delivery: 4, Stored: 1700000000123456789, Pending: 5}
	for _, subject := range []string{
		"$JS.ACK.s.c.2.30.4.1700000000123456789.5",
		"$JS.ACK.domain.account.s.c.2.30.4.1700000000123456789.5",
		"$JS.ACK.domain.account.s.c.2.30.4.1700000000123456789.5.random",
	} {
		got, ok := ParseAck(subject)
		require.True(t, ok, subject)
		require.Equal(t, want, got)
	}
	for _, subject := range []string{
		"", "_INBOX.x", "$JS.ACK.s.c.2.30.4.5", "$JS.ACK.s.c.2.x.4.5.6", "$JS.ACK.s.c.2..4.5.6",
		"$JS.FC.s.c.2.30.4.5.6", "$JS.ACK.d.s.c.2.30.4.5.6", "$JS.ACK.a.b.c.d.e.f.g.h.i.j.k.l",
	} {
		_, ok := ParseAck(subject)
		require.False(t, ok, subject)
	}
}

// Without the key of a hub nobody knows the names of its consumers.
func TestConsumerNames(t *testing.T) {
	t.Parallel()
	name := IDKey("s").Consumer("Charge=20card")
	require.Regexp(t, `^Charge=20card-[A-Za-z0-9_-]{16}$`, name)
	require.Equal(t, name, IDKey("s").Consumer("Charge=20card"))
	require.NotEqual(t, name, IDKey("other").Consumer("Charge=20card"))
	long, other := strings.Repeat("x", 300), strings.Repeat("x", 301)
	require.Less(t, len(IDKey("s").Consumer(long)), 100)
	require.NotEqual(t, IDKey("s").Consumer(long), IDKey("s").Consumer(other))
	_, err := DecodeToken(IDKey("s").Consumer(long))
	require.Error(t, err, "a token could have that name")
}
