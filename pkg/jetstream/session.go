package jetstream

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// session hands on the messages of a feed, on a goroutine of its own.
type session struct {
	feed *pull.Feed
	// timers runs beside the session of partition 0; nil for other partitions.
	timers *timerForwarder
	done   chan struct{}
}

func (s *session) run(handOn func(wire.Delivered)) {
	defer close(s.done)
	if s.timers != nil {
		defer s.timers.stop()
	}
	for p := range s.feed.Out() {
		if s.feed.Ended() {
			continue
		}
		handOn(p)
		s.feed.Release()
	}
}

// Stop ends the session and waits for the last deliver. It must not be called
// from there.
func (s *session) Stop() {
	s.feed.Stop()
	<-s.done
}

// Done is closed when deliver has returned for the last time.
func (s *session) Done() <-chan struct{} { return s.done }

// Err returns why the session ended by itself, nil while it runs and after Stop.
func (s *session) Err() error {
	select {
	case <-s.done:
		return s.feed.Err()
	default:
		return nil
	}
}

// partitionSession is the session of a partition.
type partitionSession struct {
	*session
	connection *connection
	partition  int
	note       uint64
}

// Leave notes that the partition was given up in order. It changes nothing where somebody
// else has opened the partition meanwhile.
func (s *partitionSession) Leave(ctx context.Context) error {
	if _, err := s.connection.purge(ctx, s.connection.codec.Names.Streams.Values, s.connection.codec.Names.Values.Opened(s.partition), s.note+1); err != nil {
		return fmt.Errorf("leave partition %d: %w", s.partition, err)
	}
	return nil
}
