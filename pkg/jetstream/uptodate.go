package jetstream

import (
	"context"
	"fmt"
	"slices"
	"strings"

	js "github.com/nats-io/nats.go/jetstream"
)

// bringUpToDate changes the settings of a stream that a hub needs, if an older version of
// Dormouse made the stream or somebody has edited it; other settings stay. It returns the
// stream as it is then. Several workers may do so at the same time: all want the same.
func (s setup) bringUpToDate(ctx context.Context, stream js.Stream, want js.StreamConfig) (js.Stream, error) {
	have := stream.CachedInfo().Config
	isMissing := func(subject string) bool { return !slices.Contains(have.Subjects, subject) }
	if slices.ContainsFunc(want.Subjects, isMissing) || have.Retention != want.Retention {
		return nil, fmt.Errorf("stream %s has the subjects %s and retention %s: %w",
			have.Name, strings.Join(have.Subjects, ", "), have.Retention, ErrForeignStream)
	}
	next := mended(have, want)
	lacks := lacking(have, next)
	if len(lacks) == 0 {
		return stream, nil
	}
	updated, err := s.js.UpdateStream(ctx, next)
	if isConsumerLimit(err) { // the account allows fewer
		next.MaxConsumers = have.MaxConsumers
		if lacks = lacking(have, next); len(lacks) == 0 {
			return stream, nil
		}
		updated, err = s.js.UpdateStream(ctx, next)
	}
	switch {
	case err == nil:
		s.log.Info("stream was brought up to date", keyStream, have.Name, "changed", strings.Join(lacks, ", "))
		return updated, nil
	case isEssential(have, next):
		return nil, fmt.Errorf("stream %s must be changed (%s), and this login could not do it: open the hub once with a login that may update streams: %w",
			have.Name, strings.Join(lacks, ", "), err)
	}
	s.log.Warn("stream could not be brought up to date; the hub works without", keyStream, have.Name, "lacks", strings.Join(lacks, ", "), keyError, err)
	return stream, nil
}

// mended is the config of a stream with the settings that a hub needs.
func mended(have, want js.StreamConfig) js.StreamConfig {
	next := have
	next.AllowDirect = want.AllowDirect
	if want.MaxConsumers > 0 { // 0 leaves the limit to the server, which calls that -1
		next.MaxConsumers = max(have.MaxConsumers, want.MaxConsumers)
		if want.MaxAge == 0 { // the stream of dead letters may drop messages
			next.MaxAge, next.NoAck = 0, false
			if max(have.MaxMsgsPerSubject, 0) != want.MaxMsgsPerSubject {
				next.MaxMsgsPerSubject = want.MaxMsgsPerSubject
			}
		}
	}
	if want.Discard == js.DiscardNew {
		next.Discard = js.DiscardNew
	}
	if want.RePublish != nil {
		next.RePublish = want.RePublish
	}
	return next
}

// checkKeeping returns an error wrapping [ErrOutdated] if a stream would drop messages that it
// has acknowledged. A login that only says something to a hub may not be able to change that.
func checkKeeping(stream js.Stream, want js.StreamConfig) error {
	have := stream.CachedInfo().Config
	want.AllowDirect, want.RePublish = have.AllowDirect, nil // nothing is lost for want of these
	next := mended(have, want)
	if !isEssential(have, next) {
		return nil
	}
	return fmt.Errorf("stream %s may drop what it has acknowledged, until it has %s: %w", have.Name, strings.Join(lacking(have, next), ", "), ErrOutdated)
}

// lacking names the settings in which two configs differ.
func lacking(have, next js.StreamConfig) []string {
	var lacks []string
	add := func(differs bool, format string, value any) {
		if differs {
			lacks = append(lacks, fmt.Sprintf(format, value))
		}
	}
	add(have.Discard != next.Discard, "discard %v", next.Discard)
	add(have.NoAck != next.NoAck, "no_ack %v", next.NoAck)
	add(have.MaxAge != next.MaxAge, "max_age %v", next.MaxAge)
	add(have.MaxMsgsPerSubject != next.MaxMsgsPerSubject, "max_msgs_per_subject %d", next.MaxMsgsPerSubject)
	add(have.AllowDirect != next.AllowDirect, "allow_direct %v", next.AllowDirect)
	add(have.MaxConsumers != next.MaxConsumers, "max_consumers %d", next.MaxConsumers)
	add(!isSameRepublish(have.RePublish, next.RePublish), "republish %v", next.RePublish)
	return lacks
}

func isSameRepublish(a, b *js.RePublish) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// isEssential reports whether a hub cannot do without the change: messages that were
// acknowledged would be dropped, or changes and values could not be read.
func isEssential(have, next js.StreamConfig) bool {
	isLimited := have.MaxBytes > 0 || have.MaxMsgs > 0
	return have.Discard != next.Discard && isLimited || have.AllowDirect != next.AllowDirect ||
		have.NoAck != next.NoAck || have.MaxAge != next.MaxAge || have.MaxMsgsPerSubject != next.MaxMsgsPerSubject ||
		!isSameRepublish(have.RePublish, next.RePublish)
}
