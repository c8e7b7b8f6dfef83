package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

var peeked = []client.QueueMessage{
	{Queue: "q", Seq: 7, ID: "queue-3", Data: []byte("b9"), Stored: noon.Add(-2 * time.Minute), Poison: &client.Poison{
		Reason: "no such instance", Deliveries: 5, At: noon.Add(-time.Minute),
	}},
	{Queue: "q", Seq: 9, ID: "mail", Data: []byte("\x00\xff"), Stored: noon, Poison: &client.Poison{
		Reason: "two\nlines", Deliveries: 1, At: noon, CutFrom: 1 << 20,
	}},
	{Queue: "q", Seq: 10, ID: "long", Data: []byte(strings.Repeat("é", 101)), Stored: noon, Poison: &client.Poison{At: noon}},
}

func TestPrintMessages(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, printMessages(&out, peeked, true, noon))
	require.Equal(t, ""+
		"NUMBER  ID       SENT    POISONED  DELIVERIES  REASON            BODY\n"+
		"7       queue-3  2m ago  1m ago    5           no such instance  b9\n"+
		`9       mail     now     now       1           "two\nlines"      "\x00\xff"`+"\n"+
		"10      long     now     now       0                             "+strings.Repeat("é", 100)+"…\n", out.String())
	out.Reset()
	require.NoError(t, printMessages(&out, peeked[:1], false, noon))
	require.Equal(t, "NUMBER  ID       SENT    BODY\n7       queue-3  2m ago  b9\n", out.String())
}

func TestPeekPayload(t *testing.T) {
	t.Parallel()
	all := append([]client.QueueMessage{{Queue: "q", Seq: 1, ID: "j", Data: []byte(`{"a":1}`), Stored: noon}}, peeked[:2]...)
	got, err := json.Marshal(newPeekPayload(all, true))
	require.NoError(t, err)
	at := func(d time.Duration) string { return noon.Add(d).UTC().Format(time.RFC3339) }
	require.JSONEq(t, `{"more":true,"messages":[
		{"number":1,"id":"j","queue":"q","sent":"`+at(0)+`","body":{"a":1}},
		{"number":7,"id":"queue-3","queue":"q","sent":"`+at(-2*time.Minute)+`","text":"b9",
			"poison":{"reason":"no such instance","deliveries":5,"at":"`+at(-time.Minute)+`"}},
		{"number":9,"id":"mail","queue":"q","sent":"`+at(0)+`","base64":"AP8=",
			"poison":{"reason":"two\nlines","deliveries":1,"at":"`+at(0)+`","cutFrom":1048576}}]}`, string(got))
}

func TestReadBodies(t *testing.T) {
	t.Parallel()
	bodies, err := readBodies([]string{"a", "-", ""}, strings.NewReader("line 1\nline 2\n"))
	require.NoError(t, err)
	require.Equal(t, [][]byte{[]byte("a"), []byte("line 1\nline 2\n"), {}}, bodies)

	_, err = readBodies([]string{"-", "a", "-"}, strings.NewReader("b"))
	require.EqualError(t, err, "stdin is one message: give - once")
	require.Equal(t, cli.ExitUsage, cli.Code(err))
	_, err = readBodies([]string{"-"}, iotest.ErrReader(io.ErrClosedPipe))
	require.EqualError(t, err, "the message on stdin cannot be read: io: read/write on closed pipe")
}
