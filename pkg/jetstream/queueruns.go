package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// runsTTL is for how long the number of a message's runs is kept if nothing removes it, since
// the message was purged.
const runsTTL = 30 * 24 * time.Hour

// readRuns returns the number that is noted there, or none if nothing is noted.
func (w *queueWork) readRuns(ctx context.Context, subject string, none int) (int, error) {
	m, err := w.latest(ctx, w.codec.Names.Streams.Values, subject)
	if errors.Is(err, js.ErrMsgNotFound) {
		return none, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read how often a message of a queue was tried: %w", err)
	}
	runs, err := strconv.Atoi(string(m.Data))
	if err != nil {
		return 0, fmt.Errorf("read how often a message of a queue was tried: %w", err)
	}
	return runs, nil
}

func (w *queueWork) noteRuns(ctx context.Context, subject string, runs int) error {
	m := wire.Stored(subject, []byte(strconv.Itoa(runs)))
	m.Header[js.MsgTTLHeader] = []string{runsTTL.String()}
	if _, err := w.publish(ctx, m).wait(ctx); err != nil {
		return fmt.Errorf("note how often a message of a queue was tried: %w", err)
	}
	return nil
}

// dropRuns removes the number of runs of a message that is done with.
func (w *queueWork) dropRuns(subject string) {
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	if _, err := w.purge(ctx, w.codec.Names.Streams.Values, subject, 0); err != nil {
		w.log.Debug("it is still noted how often a message was tried that is done with", keySubject, subject, keyError, err)
	}
}
