package pull

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// played is a feed whose server the test plays. What comes to the feed is put into
// its inbox directly: NATS lets nobody but the server publish with an ack subject.
type played struct {
	*testing.T
	feed     *Feed
	requests chan *nats.Msg
}

func newServer(t *testing.T) (*server.Server, *nats.Conn) {
	t.Helper()
	ns, err := server.NewServer(&server.Options{DontListen: true, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	ns.Start()
	t.Cleanup(ns.WaitForShutdown)
	t.Cleanup(ns.Shutdown)
	nc, err := nats.Connect("", nats.InProcessServer(ns))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return ns, nc
}

func play(t *testing.T, config Config) *played {
	t.Helper()
	_, nc := newServer(t)
	s := &played{T: t, requests: make(chan *nats.Msg, 100)}
	_, err := nc.ChanSubscribe("$JS.API.CONSUMER.MSG.NEXT.s.c", s.requests)
	require.NoError(t, err)
	config.Stream, config.Consumer = "s", "c"
	s.start(nc, config)
	t.Cleanup(func() {
		s.feed.Stop()
		for range s.feed.out {
		}
	})
	return s
}

// start answers the feed's first request as a consumer does that has nothing.
func (s *played) start(nc *nats.Conn, config Config) {
	s.Helper()
	failed := make(chan error, 1)
	go func() {
		var err error
		s.feed, err = Start(s.Context(), nc, config)
		failed <- err
	}()
	r, inbox := s.request()
	require.True(s, r.NoWait)
	require.NoError(s, nc.PublishMsg(&nats.Msg{Subject: inbox, Header: nats.Header{"Status": {"404"}}}))
	require.NoError(s, <-failed)
}

// request returns the next request of the feed.
func (s *played) request() (pullRequest, string) {
	s.Helper()
	select {
	case m := <-s.requests:
		var r pullRequest
		require.NoError(s, json.Unmarshal(m.Data, &r))
		return r, m.Reply
	case <-time.After(10 * time.Second):
		require.FailNow(s, "the feed asks for nothing")
		panic("unreachable")
	}
}

func (s *played) status(inbox, status, pending string) {
	m := &nats.Msg{Subject: inbox, Header: nats.Header{"Status": {status[:3]}, "Description": {status[4:]}}}
	if pending != "" {
		m.Header.Set("Nats-Pending-Messages", pending)
	}
	s.feed.inbox <- m
}

func (s *played) message(inbox string, number int) {
	reply := fmt.Sprintf("$JS.ACK.s.c.1.%d.%d.1.0", number, number)
	s.feed.inbox <- &nats.Msg{Subject: inbox, Reply: reply}
}

func (s *played) requireFailure(want error) {
	s.Helper()
	select {
	case <-s.feed.failed:
	case <-time.After(10 * time.Second):
		require.FailNow(s, "the feed does not end")
	}
	require.ErrorIs(s, s.feed.Err(), want)
}

func TestFeedAsksForHalfAWindow(t *testing.T) {
	t.Parallel()
	s := play(t, Config{Window: 4, Ordered: true})
	r, inbox := s.request()
	require.Equal(t, 4, r.Batch)
	require.Equal(t, pullBytes, r.MaxBytes)
	for n := range 4 {
		s.message(inbox, n+1)
	}
	take := func(want int) {
		require.EqualValues(t, want, (<-s.feed.out).Ack.Seq)
		s.feed.Release()
	}
	take(1)
	r, _ = s.request()
	require.Equal(t, 1, r.Batch, "nothing is on its way, so even one is asked for")
	take(2)
	take(3)
	r, _ = s.request()
	require.Equal(t, 2, r.Batch, "half a window is free")
	take(4)
}

func TestFeedAsksAgainForWhatDidNotCome(t *testing.T) {
	t.Parallel()
	s := play(t, Config{Window: 4})
	_, inbox := s.request()
	for _, status := range []string{"408 Request Timeout", "409 Message Size Exceeds MaxBytes", "409 Batch Completed"} {
		s.status(inbox, "100 Idle Heartbeat", "")
		s.status(inbox, status, "4")
		r, _ := s.request()
		require.Equal(t, 4, r.Batch, status)
	}
}

func TestFeedEndsInTrouble(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]error{
		"409 Consumer Deleted":                     ErrTakenOver,
		"503 No Responders":                        ErrNoConsumer,
		"400 Bad Request - Invalid Priority Group": ErrTakenOver,
		"409 Leadership Change":                    nil,
		"409 Server Shutdown":                      nil,
		"408 Request Timeout":                      nil, // does not say how much is left
	} {
		s := play(t, Config{Window: 4})
		_, inbox := s.request()
		s.status(inbox, status, "")
		<-s.feed.failed
		require.Error(t, s.feed.Err())
		if want != nil {
			s.requireFailure(want)
		}
	}
}

func TestFeedEndsAtAGap(t *testing.T) {
	t.Parallel()
	s := play(t, Config{Window: 4, Ordered: true})
	_, inbox := s.request()
	s.message(inbox, 1)
	s.message(inbox, 3)
	s.requireFailure(ErrGap)
}

func TestFeedWithoutOrderTakesGaps(t *testing.T) {
	t.Parallel()
	s := play(t, Config{Window: 4})
	_, inbox := s.request()
	s.message(inbox, 7)
	s.message(inbox, 3)
	require.EqualValues(t, 7, (<-s.feed.out).Ack.Delivery)
	require.EqualValues(t, 3, (<-s.feed.out).Ack.Delivery)
}

func TestFeedEndsWhenMoreComesThanWasAskedFor(t *testing.T) {
	t.Parallel()
	s := play(t, Config{Window: 2})
	_, inbox := s.request()
	for n := range 3 {
		s.message(inbox, n+1)
	}
	<-s.feed.failed
	require.ErrorContains(t, s.feed.Err(), "more messages")
}

func TestFeedEndsInSilence(t *testing.T) {
	t.Parallel()
	s := play(t, Config{Window: 4, Heartbeat: 10 * time.Millisecond})
	s.requireFailure(ErrSilent)
}

// A feed that has all it may hold has asked for nothing, and waits for nothing.
func TestFullFeedBearsSilence(t *testing.T) {
	t.Parallel()
	s := play(t, Config{Window: 1, Heartbeat: 10 * time.Millisecond})
	_, inbox := s.request()
	s.message(inbox, 1)
	p := <-s.feed.out
	require.EqualValues(t, 1, p.Ack.Delivery)
	require.Never(t, s.feed.Ended, 100*time.Millisecond, 10*time.Millisecond)
	s.feed.Release()
	s.request()
}

func TestFeedThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	ns, nc := newServer(t)
	_, err := nc.SubscribeSync("$JS.API.CONSUMER.MSG.NEXT.s.c")
	require.NoError(t, err)
	began := time.Now()
	_, err = Start(t.Context(), nc, Config{Stream: "s", Consumer: "c", Window: 1})
	require.ErrorIs(t, err, ErrSilent)
	require.GreaterOrEqual(t, time.Since(began), greetTimeout)
	require.Zero(t, nc.NumSubscriptions()-1, "a subscription was left")

	_, err = Start(t.Context(), nc, Config{Stream: "s", Consumer: "other", Window: 1})
	require.ErrorIs(t, err, ErrNoConsumer)
	ns.Shutdown()
	_, err = Start(t.Context(), nc, Config{Stream: "s", Consumer: "c", Window: 1})
	require.Error(t, err)
}
