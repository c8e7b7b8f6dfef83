package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
)

const (
	// firstBatch is how many messages a pager asks for at first: a caller that wants a few
	// must not pay for many.
	firstBatch = 64
	// smallestLimit and batches bound how many messages it asks for later. For each request
	// the server counts all that is left, and while it answers nothing is stored in the
	// stream. So each request asks for a fixed share of the rest.
	smallestLimit = 512
	batches       = 32
	// batchBytes ends a batch, so that the memory of a pager is bounded. One message may go
	// beyond.
	batchBytes = 4 << 20
)

// pager reads a stream in order, a batch of messages at a time. It needs no consumer: each
// request is answered by one of the servers that have the stream.
type pager struct {
	*connection
	stream  string
	subject string
	answers *nats.Subscription
	inbox   string
	size    int
	// asked counts the requests: each is answered to a subject of its own.
	asked int
}

// newPager returns a pager of the messages under a subject. The caller must close it.
func newPager(c *connection, stream, subject string) (*pager, error) {
	p := &pager{connection: c, stream: stream, subject: subject, inbox: c.nc.NewInbox() + ".", size: firstBatch}
	var err error
	p.answers, err = c.nc.SubscribeSync(p.inbox + "*")
	return p, err
}

func (p *pager) close() { _ = p.answers.Unsubscribe() } // it fails only where the connection is closed

// page is the answer to one request.
type page struct {
	messages []*js.RawStreamMsg
	// isLast is set when the server that answered had no more.
	isLast bool
}

// read returns the next messages from that number on. It fails where one is missing.
func (p *pager) read(ctx context.Context, from uint64) (page, error) {
	return roundTrip(ctx, p.connection, func(ctx context.Context) (page, error) {
		request, err := json.Marshal(messageQuery{Next: p.subject, From: from, Batch: p.size, MaxBytes: batchBytes})
		if err != nil {
			return page{}, err
		}
		p.asked++
		answer := p.inbox + strconv.Itoa(p.asked)
		if err := p.nc.PublishRequest(p.api+"DIRECT.GET."+p.stream, answer, request); err != nil {
			return page{}, err
		}
		return p.receive(ctx, answer)
	})
}

// receive collects the answers to one request.
func (p *pager) receive(ctx context.Context, subject string) (page, error) {
	var b page
	var last uint64
	for {
		m, err := p.answers.NextMsgWithContext(ctx)
		if err != nil {
			return b, err
		}
		if m.Subject != subject {
			continue // of a request that was given up
		}
		// Each names the number of the one before it.
		before, _ := strconv.ParseUint(m.Header.Get(js.LastSequenceHeader), 10, 64)
		switch status := m.Header.Get("Status"); {
		case status == "404":
			b.isLast = true
			return b, nil
		case status == "503":
			return b, notTaken(nats.ErrNoResponders)
		case status != "" && status != "204":
			return b, fmt.Errorf("NATS does not hand out stream %s: %s %s", p.stream, status, m.Header.Get("Description"))
		case before != last:
			return b, pull.ErrGap
		case status == "204":
			left, err := strconv.Atoi(m.Header.Get("Nats-Num-Pending"))
			b.isLast = left == 0
			p.size = min(2*p.size, max(left/batches, smallestLimit))
			return b, err
		}
		stored, err := readDirect(m)
		if err != nil {
			return b, err
		}
		last = stored.Sequence
		b.messages = append(b.messages, stored)
	}
}

// readDirect reads a message that the server handed out directly.
func readDirect(m *nats.Msg) (*js.RawStreamMsg, error) {
	sequence, err := strconv.ParseUint(m.Header.Get(js.SequenceHeader), 10, 64)
	if err != nil {
		return nil, errors.Join(js.ErrInvalidJetStreamResponse, err)
	}
	stored, err := time.Parse(time.RFC3339Nano, m.Header.Get(js.TimeStampHeaer))
	if err != nil {
		return nil, errors.Join(js.ErrInvalidJetStreamResponse, err)
	}
	return &js.RawStreamMsg{
		Subject: m.Header.Get(js.SubjectHeader), Sequence: sequence, Header: m.Header, Data: m.Data, Time: stored,
	}, nil
}
