package jetstream_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/natstest"
)

// startCrowded is startGuardedHub with a second user of each role, called as the first
// with a "2" behind: all that names the user or the inbox is there twice.
func startCrowded(t *testing.T) guardedHub {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"secure.conf", "accounts.conf"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "nats", name))
		require.NoError(t, err)
		for _, user := range []string{"operator", "viewer", "publisher", "starter"} {
			line := regexp.MustCompile(`(?m)^.*(user: ` + user + `,|[^"]"_INBOX\.` + user + `\.>).*$`)
			text = line.ReplaceAllFunc(text, func(line []byte) []byte {
				second := strings.NewReplacer("user: "+user, "user: "+user+"2", "_INBOX."+user, "_INBOX."+user+"2").Replace(string(line))
				return fmt.Appendf(nil, "%s\n%s", line, second)
			})
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	options := secureOptions(t, dir)
	options.DontListen = true
	return newGuardedHub(t, guarded{natstest.StartWith(t, options)})
}

// spy listens to subjects for as long as the test runs, and keeps what it hears.
func (a *account) spy(t *testing.T, subjects ...string) func() []string {
	t.Helper()
	heard := make(chan *nats.Msg, 10_000)
	for _, subject := range subjects {
		_, err := a.ChanSubscribe(subject, heard)
		require.NoError(t, err)
	}
	require.NoError(t, a.Flush())
	return func() []string {
		require.NoError(t, a.Flush())
		var all []string
		for len(heard) > 0 {
			m := <-heard
			all = append(all, m.Subject+" "+string(m.Data))
		}
		return all
	}
}

// saying is what a user of each role may say, and hears an answer to.
var saying = map[string]string{
	"publisher": "default.to.i.raise.E", "starter": "default.to.j.start.Budget",
	"viewer":   "$JS.API.DIRECT.GET.KV_default.$KV.default.i",
	"operator": "$JS.API.DIRECT.GET.KV_default.$KV.default.i",
}

// Nobody hears what another user of the same role says, nor the answers to it.
func TestNobodyHearsOthersOfTheirRole(t *testing.T) {
	t.Parallel()
	g := startCrowded(t)
	for user, subject := range saying {
		hears := g.login(t, user+"2").spy(t, ">", "_INBOX.>", "_INBOX.*.>", "_INBOX."+user+".>", "_INBOX.*."+user+".>",
			"default.>", "dormouse.>", "$JS.>", "$KV.>", "$SYS.>", "*.to.>", "default.to.i.raise.E")
		a := g.login(t, user)
		answer, err := a.Request(subject, nil, maxWait)
		require.NoError(t, err)
		require.NotEmpty(t, answer.Data)
		require.NoError(t, g.worker.Publish("_INBOX."+user+".receipt", []byte("delivered")))
		require.NoError(t, g.worker.Flush())
		require.Empty(t, hears(), user)
	}
}

// Nobody can answer for the hub: neither as who serves what others ask for, nor by a message
// to the inbox of whoever asks.
func TestNobodyAnswersForTheHub(t *testing.T) {
	t.Parallel()
	g := startCrowded(t)
	for user, subject := range saying {
		forger := g.login(t, user+"2")
		for _, served := range []string{">", "default.to.>", subject, strings.Replace(subject, "$JS.API", "dormouse.api", 1)} {
			_, err := forger.QueueSubscribe(served, "q", func(m *nats.Msg) { _ = m.Respond([]byte("forged")) })
			require.NoError(t, err)
		}
		require.NoError(t, forger.Flush())
		a := g.login(t, user)
		for range 10 {
			answer, err := a.Request(subject, nil, maxWait)
			require.NoError(t, err)
			require.NotEqual(t, "forged", string(answer.Data), user)
		}
		inbox := a.NewInbox()
		listening, err := a.SubscribeSync(inbox)
		require.NoError(t, err)
		require.NoError(t, a.Flush())
		require.NoError(t, forger.Publish(inbox, []byte("forged")))
		// An answer of the server goes to the very inbox only, which has to be known.
		for _, guess := range []string{"_INBOX." + user + ".*", "_INBOX." + user + ".>", "_INBOX.>", ">", "_INBOX." + user + ".x"} {
			require.NoError(t, forger.PublishRequest(subject, guess, nil))
		}
		require.NoError(t, forger.Flush())
		require.NoError(t, a.Flush())
		requireNothing(t, listening, user)
	}
}

func requireNothing(t *testing.T, s *nats.Subscription, why string) {
	t.Helper()
	count, _, err := s.Pending()
	require.NoError(t, err)
	require.Zero(t, count, why)
}

// The server tells every account who is connected to it and what they listen to, unless
// they may not ask: whoever knows another's inbox can have an answer of the server sent to it.
func TestNobodyLearnsTheInboxOfOthers(t *testing.T) {
	t.Parallel()
	g := startCrowded(t)
	for user := range saying {
		a, snoop := g.login(t, user), g.login(t, user+"2")
		inbox := a.NewInbox()
		_, err := a.SubscribeSync(inbox)
		require.NoError(t, err)
		require.NoError(t, a.Flush())
		for _, subject := range []string{
			"$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.STATZ", "$SYS.REQ.SERVER.PING",
			"$SYS.REQ.ACCOUNT.PING.SUBSZ", "$SYS.REQ.SERVER.PING.SUBSZ", "$SYS.REQ.USER.INFO", "$SYS.REQ.SERVER.PING.JSZ",
			"$SYS.REQ.ACCOUNT.NSUBS", "$SRV.PING",
		} {
			answer, err := snoop.Request(subject, []byte(`{"subscriptions":true,"subscriptions_detail":true}`), soon*20)
			if err == nil {
				require.NotContains(t, string(answer.Data), inbox, "%s by %s", user, subject)
				require.NotContains(t, subject, "CONNZ", user)
			}
		}
	}
}

// A message may name a subject to which the server reports its way. Nobody has that said
// where they may not speak.
func TestNobodyTracesToWhereTheyMayNotSpeak(t *testing.T) {
	t.Parallel()
	g := startCrowded(t)
	for user, subject := range saying {
		a, forger := g.login(t, user), g.login(t, user+"2")
		inbox := a.NewInbox()
		listening, err := a.SubscribeSync(inbox)
		require.NoError(t, err)
		workers, err := g.worker.SubscribeSync("_INBOX.worker.trace")
		require.NoError(t, err)
		require.NoError(t, a.Flush())
		require.NoError(t, g.worker.Flush())
		before := g.stored(t)
		targets := []string{inbox, "_INBOX.worker.trace", "default.to.i.completed.1", "default.timer.i.e.9", "$KV.default.i.e.1.1"}
		if user != "operator" {
			targets = append(targets, "default.to.i.terminate", "$KV.default.i", "$JS.API.STREAM.PURGE.KV_default")
		}
		for _, target := range targets {
			m := nats.NewMsg(subject)
			m.Header.Set("Nats-Trace-Dest", target)
			m.Header.Set("Nats-Trace-Only", "true")
			require.NoError(t, forger.PublishMsg(m))
		}
		require.NoError(t, forger.Flush())
		require.NoError(t, a.Flush())
		require.NoError(t, g.worker.Flush())
		requireNothing(t, listening, user)
		requireNothing(t, workers, user)
		require.Equal(t, before, g.stored(t), user)
	}
}

// A push consumer delivers to any subject that somebody listens to, and the server itself
// listens to those by which messages are asked for. With the name of a consumer, which
// monitoring shows, who may make one took messages from workers.
func TestNobodyButWorkersMakesConsumers(t *testing.T) {
	t.Parallel()
	g := startGuardedHub(t)
	consuming, err := g.hub.Consume(t.Context(), "q", 1, func(d hub.QueueDelivery) { _ = d.Ack() })
	require.NoError(t, err)
	consuming.Stop() // the consumer stays
	_, err = g.hub.SendToQueue(t.Context(), hub.QueueMessage{Queue: "q", Data: []byte("x")})
	require.NoError(t, err)
	target := "$JS.API.CONSUMER.MSG.NEXT.default-queue." + consumerOf(t, g.worker.Conn, "default-queue", "q")
	for user := range saying {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		client := mustJetStream(t, g.login(t, user).Conn)
		for _, config := range []js.ConsumerConfig{
			{Name: "spy", DeliverSubject: target, HeadersOnly: true},
			{Durable: "spy", DeliverSubject: target, HeadersOnly: true},
			{DeliverSubject: target, FilterSubject: "$KV.default.i"},
		} {
			_, err := client.CreateOrUpdatePushConsumer(ctx, "KV_default", config)
			require.Error(t, err, user)
		}
		_, err := client.CreateConsumer(ctx, "KV_default", js.ConsumerConfig{AckPolicy: js.AckNonePolicy})
		require.Error(t, err, user)
	}
	ran := make(chan int, 1)
	consuming, err = g.hub.Consume(t.Context(), "q", 1, func(d hub.QueueDelivery) { ran <- d.Attempt; _ = d.Ack() })
	require.NoError(t, err)
	defer consuming.Stop()
	require.Equal(t, 1, <-ran)
}
