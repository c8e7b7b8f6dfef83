package jetstream_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/hubsuite"
	"github.com/dormouse-dev/dormouse/internal/natstest"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

var (
	_ dispatcher.Hub           = (*jetstream.Hub)(nil)
	_ client.Hub               = (*jetstream.Hub)(nil)
	_ hubsuite.DeadLetterStore = readableHub{}
)

func TestConformance(t *testing.T) {
	t.Parallel()
	hubsuite.RunWorker(t, hubsuite.RealTime, func(t *testing.T) hub.Engine { return openReadable(t) })
}

func TestClientConformance(t *testing.T) {
	t.Parallel()
	hubsuite.RunClient(t, hubsuite.RealTime, func(t *testing.T) hubsuite.ClientHub { return openReadable(t) })
}

// readableHub is a hub that shows its dead letters.
type readableHub struct {
	*jetstream.Hub
	nc *nats.Conn
}

func openReadable(t *testing.T) readableHub {
	t.Helper()
	nc := natstest.Connect(t, natstest.Start(t))
	hub := natstest.OpenWith(t, nc, jetstream.Config{LeaseTTL: 2 * time.Second, KeepAliveInterval: 500 * time.Millisecond})
	return readableHub{hub, nc}
}

// DeadLetters reads the stream as its documentation says it is.
func (h readableHub) DeadLetters(ctx context.Context) ([]hubsuite.DeadLetter, error) {
	client, err := js.New(h.nc)
	if err != nil {
		return nil, err
	}
	stream, err := client.Stream(ctx, h.Name()+"-dead")
	if err != nil {
		return nil, err
	}
	var letters []hubsuite.DeadLetter
	for n := stream.CachedInfo().State.FirstSeq; n <= stream.CachedInfo().State.LastSeq; n++ {
		m, err := stream.GetMsg(ctx, n)
		if err != nil {
			return nil, err
		}
		letter, err := readLetter(m)
		if err != nil {
			return nil, err
		}
		letters = append(letters, letter)
	}
	return letters, nil
}

func readLetter(m *js.RawStreamMsg) (hubsuite.DeadLetter, error) {
	seq, err := strconv.ParseUint(m.Header.Get("Dormouse-Sequence"), 10, 64)
	if err != nil {
		return hubsuite.DeadLetter{}, err
	}
	parts := strings.Split(m.Header.Get("Dormouse-Subject"), ".")
	if len(parts) != 6 {
		return hubsuite.DeadLetter{}, errors.New("not the subject of a control message with an argument")
	}
	return hubsuite.DeadLetter{
		Seq: seq, Reason: m.Header.Get("Dormouse-Reason"),
		Message: hub.Message{Instance: parts[3], Verb: hub.Verb(parts[4]), Arg: parts[5], Data: m.Data},
	}, nil
}
