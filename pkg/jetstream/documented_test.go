package jetstream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

var codeBlock = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// documentedCode returns the blocks of code of that language in docs/protocol.md.
func documentedCode(t *testing.T, language string) []string {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "protocol.md"))
	require.NoError(t, err)
	var found []string
	for _, block := range codeBlock.FindAllStringSubmatch(string(doc), -1) {
		if block[1] == language {
			found = append(found, block[2])
		}
	}
	require.NotEmpty(t, found, "docs/protocol.md has no %s", language)
	return found
}

// documentedCommands returns the command lines in docs/protocol.md that begin so, in
// blocks of sh, and of console behind a "$ ".
func documentedCommands(t *testing.T, begin string) []string {
	t.Helper()
	var found []string
	for _, block := range append(documentedCode(t, "sh"), documentedCode(t, "console")...) {
		for line := range strings.Lines(block) {
			line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
			if strings.HasPrefix(line, begin) {
				found = append(found, line)
			}
		}
	}
	return found
}

var shellWord = regexp.MustCompile(`'([^']*)'|(\S+)`)

// natsCommand does what the nats command does: nats pub|req SUBJECT [-H KEY:VALUE] [BODY].
func natsCommand(t *testing.T, line string) *nats.Msg {
	t.Helper()
	var words []string
	for _, m := range shellWord.FindAllStringSubmatch(line, -1) {
		words = append(words, m[1]+m[2])
	}
	m := nats.NewMsg(words[2])
	for words = words[3:]; len(words) > 0; words = words[1:] {
		if words[0] != "-H" {
			m.Data = []byte(words[0])
			continue
		}
		words = words[1:]
		key, value, found := strings.Cut(words[0], ":")
		require.True(t, found, line)
		m.Header[key] = []string{value}
	}
	return m
}

// The messages of the documented commands, in their order.
var documentedMessages = []hub.Message{
	{Instance: "b1", Verb: hub.VerbStart, Arg: "BudgetApproval", Data: []byte(`{"amount":100}`), Execution: "seq-1", Replaces: hub.NoInstance},
	{Instance: "b1", Verb: hub.VerbRaise, Arg: "Approval", Data: []byte("true")},
	{Instance: "b1", Verb: hub.VerbRaise, Arg: "Approval", Data: []byte("true"), ID: "request-17"},
	{Instance: "b1", Verb: hub.VerbSuspend, Data: []byte(`"audit"`)},
	{Instance: "b1", Verb: hub.VerbResume},
	{Instance: "b1", Verb: hub.VerbStart, Arg: "BudgetApproval", Data: []byte(`{"amount":200}`), Execution: "seq-6", Replaces: hub.AnyAtAll},
	{Instance: "b1", Verb: hub.VerbStart, Arg: "BudgetApproval", Data: []byte(`{"amount":300}`), Execution: "seq-7", Replaces: hub.AnyEnded},
	{Instance: "b1", Verb: hub.VerbTerminate, Data: []byte(`"no longer needed"`)},
	{Instance: "b1", Verb: hub.VerbRewind, Data: []byte(`"the bank is back"`)},
	{Instance: "Köln 7.b", Verb: hub.VerbRaise, Arg: "Approval", Data: []byte("true")},
	{
		Instance: "cart-7", Verb: hub.VerbStart, Arg: "Cart", Data: []byte(`{"customer":7}`), Execution: "seq-11", Replaces: hub.NoInstance,
		With: &hub.Raised{Name: "Add", Data: []byte(`{"item":"tea"}`)},
	},
}

// Every command in the documentation, as it stands there, says what it is there for.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	nc, h := onePartition(t)
	b := openAll(t, h)
	var got []hub.Message
	for _, line := range documentedCommands(t, "nats pub default.to.") {
		m := natsCommand(t, line)
		require.NoError(t, nc.PublishMsg(m), line)
		all := b.await(t, len(got)+1)
		got = append(got, all[len(got)].Message)
	}
	require.Equal(t, documentedMessages, got)
}

// So does what is sent to a queue.
func TestDocumentedQueueCommands(t *testing.T) {
	t.Parallel()
	nc, h := onePartition(t)
	got := make(chan hub.QueueDelivery, 10)
	work, err := h.Consume(t.Context(), "approval-queue", 10, func(d hub.QueueDelivery) { got <- d })
	require.NoError(t, err)
	t.Cleanup(work.Stop)
	lines := documentedCommands(t, "nats pub default.queue.")
	require.NotEmpty(t, lines)
	for _, line := range lines {
		require.NoError(t, nc.PublishMsg(natsCommand(t, line)))
		require.Equal(t, "b1", string((<-got).Data))
	}
}

// Every request in the documentation is answered as is written there.
func TestDocumentedRequests(t *testing.T) {
	t.Parallel()
	nc, hub := onePartition(t)
	_, err := hub.Commit(t.Context(), "t1", value("e"), 0)
	require.NoError(t, err)
	lines := documentedCommands(t, "nats req ")
	require.Len(t, lines, 2)

	answer, err := nc.RequestMsg(natsCommand(t, lines[0]), maxWait)
	require.NoError(t, err)
	var ack map[string]any
	require.NoError(t, json.Unmarshal(answer.Data, &ack))
	require.Equal(t, map[string]any{"stream": "default-control", "seq": 1.0}, ack)

	answer, err = nc.RequestMsg(natsCommand(t, lines[1]), maxWait)
	require.NoError(t, err)
	for _, header := range []string{
		"Nats-Time-Stamp", "Dormouse-Created", "Nats-Expected-Last-Subject-Sequence", "Dormouse-Status", "Dormouse-Name",
		"Nats-Stream", "Nats-Subject", "Nats-Sequence",
	} {
		require.NotEmpty(t, answer.Header[header], header)
	}
}

// listening is a hub on the server that is for use, where programs can reach it.
func listening(t *testing.T) (*jetstream.Hub, *url.URL) {
	t.Helper()
	g := startGuardedOn(t)
	hub := natstest.OpenWith(t, g.login(t, "worker").Conn, jetstream.Config{Partitions: 1})
	at, err := url.Parse(g.ClientURL())
	require.NoError(t, err)
	return hub, at
}

// Every publisher in the documentation, as it stands there, raises an event, and needs
// nothing but the right to.
func TestDocumentedPublishers(t *testing.T) {
	t.Parallel()
	h, at := listening(t)
	b := openAll(t, h)
	ran := 0
	for _, c := range []struct{ language, program, file, id string }{
		{"python", "python3", "raise.py", "request-17"},
		{"js", "node", "raise.mjs", "request-18"},
	} {
		code := documentedCode(t, c.language)
		require.Len(t, code, 1)
		program, err := exec.LookPath(c.program)
		if err != nil {
			t.Logf("%s is not installed: its publisher is not tried", c.program)
			continue
		}
		file := filepath.Join(t.TempDir(), c.file)
		require.NoError(t, os.WriteFile(file, []byte(code[0]), 0o600))
		out, err := publisherProgram(t, program, file, at, url.UserPassword("publisher", "secret"))
		require.NoError(t, err, out)
		ran++
		require.Equal(t, hub.Message{
			Instance: "Köln 7.b", Verb: hub.VerbRaise, Arg: "Approval", Data: []byte("true"), ID: c.id,
		}, b.await(t, ran)[ran-1].Message)
		require.NotEmpty(t, out)

		out, err = publisherProgram(t, program, file, at, url.UserPassword("publisher", "wrong"))
		require.Error(t, err)
		require.Contains(t, out, "Authorization Violation")
		out, err = publisherProgram(t, program, file, at, url.UserPassword("viewer", "secret"))
		require.Error(t, err)
		require.Contains(t, out, "no such h")
	}
	require.Len(t, b.deliveries(), ran)
}

func publisherProgram(t *testing.T, program, file string, at *url.URL, user *url.Userinfo) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), maxWait)
	defer cancel()
	var out bytes.Buffer
	command := exec.CommandContext(ctx, program, file)
	server := *at
	server.User = user
	command.Env = append(os.Environ(), "NATS_URL="+server.String())
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	return out.String(), err
}

// Monitoring asks nobody for a login, and shows what the roles keep apart.
func TestSecureConfigurationHasNoMonitoring(t *testing.T) {
	t.Parallel()
	setPasswords()
	options, err := server.ProcessConfigFile(filepath.Join("..", "..", "deploy", "nats", "secure.conf"))
	require.NoError(t, err)
	require.Zero(t, options.HTTPPort)
	require.Zero(t, options.HTTPSPort)
	require.Zero(t, options.ProfPort)
}

// The least configuration there is can be read, too.
func TestPlainServerConfiguration(t *testing.T) {
	t.Parallel()
	options, err := server.ProcessConfigFile(filepath.Join("..", "..", "deploy", "nats", "nats-server.conf"))
	require.NoError(t, err)
	require.True(t, options.JetStream)
	require.Equal(t, "127.0.0.1", options.Host)
}
