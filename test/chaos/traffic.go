package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// traffic is the users of a hub: they start instances, raise events on them and wait
// for their ends, and have it written down.
type traffic struct {
	clients []*client.Client
	closers []func()
	ledger  *ledger
	weather *weather
	mix     mix
	seed    uint64
	// tokens are taken, one for each event, at the pace that was asked for.
	tokens chan struct{}
	// over is closed when nothing new is to be begun.
	over    chan struct{}
	waiting sync.WaitGroup
}

// mix says what the traffic is made of.
type mix struct {
	kinds    []string
	openings []opening
	// junk adds a sender whose events cannot be read.
	junk bool
}

// connections is how many connections the users have.
const connections = 4

// newTraffic connects the users; a worker must have made the hub.
func newTraffic(ctx context.Context, s *site, l *ledger, w *weather, m mix, seed uint64) (*traffic, error) {
	t := &traffic{ledger: l, weather: w, mix: m, seed: seed, tokens: make(chan struct{}), over: make(chan struct{})}
	for i := range connections {
		url, err := s.way(fmt.Sprintf("u%d", i+1))
		if err != nil {
			return t, err
		}
		hub, closer, err := connect(ctx, url)
		if err != nil {
			return t, err
		}
		t.clients, t.closers = append(t.clients, client.New(hub)), append(t.closers, closer)
	}
	return t, nil
}

// connect opens the hub, as soon as there is one, by a connection of its own.
func connect(ctx context.Context, url string) (*jetstream.Hub, func(), error) {
	connection, err := jetstream.Connect(jetstream.ConnectConfig{URL: url, Name: "user"})
	if err != nil {
		return nil, nil, err
	}
	var hub *jetstream.Hub
	err = until(ctx, 50*time.Millisecond, func() (err error) {
		ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
		defer cancel()
		hub, err = jetstream.OpenExisting(ctx, connection, jetstream.Config{})
		return err
	})
	if err != nil {
		connection.Close()
		return nil, nil, err
	}
	return hub, connection.Close, nil
}

func (t *traffic) close() {
	for _, closer := range t.closers {
		closer()
	}
}

// run keeps so many instances going, by so many events a second, until it is over or
// there were enough events; then it lets them come to their ends, until the context
// ends.
func (t *traffic) run(ctx context.Context, width, rate, most int) {
	pacing, stop := context.WithCancel(ctx)
	var pacer sync.WaitGroup
	pacer.Go(func() { t.pace(pacing, rate, most) })
	var lanes sync.WaitGroup
	for lane := range width {
		lanes.Go(func() {
			random := rand.New(rand.NewPCG(t.seed, uint64(lane)))
			for n := 0; !t.isOver() && ctx.Err() == nil; n++ {
				t.course(fmt.Sprintf("i%d-%d", lane, n), random).run(ctx)
			}
		})
	}
	lanes.Wait()
	stop()
	pacer.Wait()
	t.waiting.Wait()
}

// pace hands out tokens.
func (t *traffic) pace(ctx context.Context, rate, most int) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for range most {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		select {
		case t.tokens <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// token reports whether one more event may be raised.
func (t *traffic) token(ctx context.Context) bool {
	select {
	case <-t.tokens:
		return true
	case <-t.over:
		return false
	case <-ctx.Done():
		return false
	}
}

func (t *traffic) isOver() bool {
	select {
	case <-t.over:
		return true
	default:
		return false
	}
}

// attemptTimeout is how long a caller waits for an answer before it tries again, and
// retryPause how long it then waits.
const (
	attemptTimeout = 5 * time.Second
	retryPause     = 100 * time.Millisecond
)

// insist calls do until it gets an answer, which may be that it is refused. Doubted
// reports that an earlier try got none, so that this one may have been refused since
// that one was heeded.
func (t *traffic) insist(ctx context.Context, do func(context.Context) error) (doubted bool, err error) {
	for {
		err := t.attempt(ctx, do)
		if err == nil || isAnswer(err) {
			return doubted, err
		}
		doubted = true
		t.ledger.count(func(c *counts) { c.Retried++ })
		if !rest(ctx, retryPause) {
			return doubted, fmt.Errorf("given up: %w", err)
		}
	}
}

func (t *traffic) attempt(ctx context.Context, do func(context.Context) error) error {
	t.ledger.count(func(c *counts) { c.Requests++ })
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return do(ctx)
}

// isAnswer reports whether the error says how things are, so that it would be no use
// to try again.
func isAnswer(err error) bool {
	for _, answer := range []error{
		client.ErrInstanceExists, client.ErrInstanceNotFound, client.ErrInstanceEnded, client.ErrUnknownOrchestrator,
		client.ErrInvalidName, client.ErrInvalidPayload, client.ErrInvalidOption, client.ErrPayloadTooLarge,
	} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}
