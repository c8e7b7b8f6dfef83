package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// Version is the format of the hubs that this program makes, and the only one it
// opens. Format 1 had its timers in the control stream.
const Version = 2

// Metadata of the control stream, which decides what the hub is.
const (
	metaVersion    = "dormouse-version"
	metaPartitions = "dormouse-partitions"
	// metaOldSecret is the key under which older versions kept the secret, in the metadata of
	// the timer stream: see [secret.agree].
	metaOldSecret = "dormouse-salt"
)

const (
	// duplicateWindow is for how long a repeated message id is dropped.
	duplicateWindow = 2 * time.Minute
	// deadAge is how long dead letters are kept.
	deadAge = 30 * 24 * time.Hour
	// maxConsumers is how many consumers a stream may have. Without a number of its own, the
	// server allows 1,000 (since 2.15), which is less than a hub can have partitions.
	maxConsumers = 10_000
	// markerTTL is for how long the end of a lease stays visible, for workers that were cut
	// off meanwhile.
	markerTTL = time.Minute
)

// setup makes and finds the streams of a hub.
type setup struct{ *connection }

// create makes the streams that are not there yet, and brings the others up to date. The
// control stream comes first: the worker that makes it decides on the number of partitions.
func (s setup) create(ctx context.Context, config Config) (layout, error) {
	if err := s.checkAccount(ctx, config); err != nil {
		return layout{}, err
	}
	var l layout
	streams := map[string]js.Stream{}
	for _, c := range configs(s.codec.Names, config) {
		stream, err := s.ensure(ctx, c)
		if err == nil && c.Name == s.codec.Names.Streams.Control {
			l, err = s.adopt(stream.CachedInfo())
		}
		if err == nil {
			stream, err = s.bringUpToDate(ctx, stream, c)
		}
		if err != nil {
			return layout{}, err
		}
		streams[c.Name] = stream
	}
	timers := streams[s.codec.Names.Streams.Timers]
	l.values = streams[s.codec.Names.Streams.Values]
	l.room = newRoom(s.connection, timers.CachedInfo().Config)
	l.secret = &secret{connection: s.connection}
	var err error
	s.codec.Key, err = l.secret.agree(ctx, timers)
	return l, err
}

// configs are the configurations of all streams, each with its share of the bytes that the hub
// may hold.
func configs(n wire.Names, c Config) []js.StreamConfig {
	all := []js.StreamConfig{
		controlConfig(n, c), valueConfig(n, c), timerConfig(n, c), activityConfig(n, c), queueConfig(n, c), deadConfig(n, c), fleetConfig(n, c),
	}
	for i, part := range []int64{4, 16, 2, 4, 4, 1, 1} {
		all[i].MaxBytes = c.MaxBytes * part / 32
	}
	return all
}

// ensure returns the stream of that name, made from the config if there is none.
func (s setup) ensure(ctx context.Context, config js.StreamConfig) (js.Stream, error) {
	stream, err := s.stream(ctx, config.Name)
	if !errors.Is(err, js.ErrStreamNotFound) {
		return stream, err
	}
	stream, err = s.makeStream(ctx, config)
	if isConsumerLimit(err) { // the account allows fewer
		config.MaxConsumers = 0
		stream, err = s.makeStream(ctx, config)
	}
	if errors.Is(err, js.ErrStreamNameAlreadyInUse) {
		// Another worker was faster, with another config.
		return s.stream(ctx, config.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("create stream %s: %w", config.Name, err)
	}
	return stream, nil
}

func (s setup) stream(ctx context.Context, name string) (js.Stream, error) {
	return roundTrip(ctx, s.connection, func(ctx context.Context) (js.Stream, error) { return s.js.Stream(ctx, name) })
}

// makeStream makes a stream. Making it twice with the same config is no error.
func (s setup) makeStream(ctx context.Context, config js.StreamConfig) (js.Stream, error) {
	return roundTrip(ctx, s.connection, func(ctx context.Context) (js.Stream, error) { return s.js.CreateStream(ctx, config) })
}

// find looks up the streams of a hub that must exist.
func (s setup) find(ctx context.Context) (layout, error) {
	var l layout
	control, err := s.stream(ctx, s.codec.Names.Streams.Control)
	if err == nil {
		if l, err = s.adopt(control.CachedInfo()); err == nil {
			l.values, err = s.stream(ctx, s.codec.Names.Streams.Values)
		}
	}
	if errors.Is(err, js.ErrStreamNotFound) {
		return l, fmt.Errorf("hub %q %w", s.codec.Names.Hub, ErrHubNotFound)
	}
	if err != nil {
		return l, s.setupError(err)
	}
	config := Config{Name: s.codec.Names.Hub}.withDefaults()
	lacks := errors.Join(checkKeeping(control, controlConfig(s.codec.Names, config)), checkKeeping(l.values, valueConfig(s.codec.Names, config)))
	if lacks != nil {
		return l, s.setupError(lacks)
	}
	return l, nil
}

// adopt reads from the control stream how the hub is laid out.
func (s setup) adopt(control *js.StreamInfo) (layout, error) {
	meta := control.Config.Metadata
	name := s.codec.Names.Streams.Control
	version, err := strconv.Atoi(meta[metaVersion])
	if err != nil || version < 1 {
		return layout{}, fmt.Errorf("%s: %w", name, ErrForeignStream)
	}
	if version < Version {
		return layout{}, fmt.Errorf("%w (hub format %d, this program knows %d)", ErrOlderVersion, version, Version)
	}
	if version > Version {
		return layout{}, fmt.Errorf("%w (hub format %d, this program knows %d)", record.ErrNewerVersion, version, Version)
	}
	partitions, err := strconv.Atoi(meta[metaPartitions])
	if err != nil || partitions < 1 || partitions > MaxPartitions {
		return layout{}, fmt.Errorf("%s has %q partitions: %w", name, meta[metaPartitions], record.ErrCorrupt)
	}
	return layout{partitions: partitions, clustered: control.Cluster != nil}, nil
}

func controlConfig(n wire.Names, c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:        n.Streams.Control,
		Description: "Dormouse: what is said to instances",
		// Two stars and not one ">" behind "to": a message whose subject names no verb could
		// not be transformed, and no consumer would ever see it.
		Subjects:     []string{c.Name + ".to.*.>"},
		Retention:    js.WorkQueuePolicy,
		Discard:      js.DiscardNew,
		MaxConsumers: maxConsumers,
		SubjectTransform: &js.SubjectTransformConfig{
			Source:      c.Name + ".to.*.>",
			Destination: fmt.Sprintf("%s.control.{{partition(%d,1)}}.{{wildcard(1)}}.>", c.Name, c.Partitions),
		},
		// The stream allows nothing that a header can ask of the server: a publisher that may
		// say one thing here must not be able to do another.
		AllowDirect: true,
		Duplicates:  duplicateWindow,
		Replicas:    c.Replicas,
		Metadata:    map[string]string{metaVersion: strconv.Itoa(Version), metaPartitions: strconv.Itoa(c.Partitions)},
	}
}

func timerConfig(n wire.Names, c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:              n.Streams.Timers,
		Description:       "Dormouse: timers, set and due",
		Subjects:          []string{c.Name + ".timer.*.*.*", c.Name + ".due.*.*.*"},
		Retention:         js.WorkQueuePolicy,
		MaxConsumers:      maxConsumers,
		AllowMsgSchedules: true,
		AllowRollup:       true,
		AllowDirect:       true,
		Duplicates:        duplicateWindow,
		Replicas:          c.Replicas,
	}
}

func valueConfig(n wire.Names, c Config) js.StreamConfig {
	config := bucketConfig(n.Streams.Values, c)
	config.Description = "Dormouse: the instances"
	config.Subjects = []string{"$KV." + c.Name + ".>"}
	// Segments too, which nobody waits for: with all of them a listener can tell by their
	// numbers that it has missed none.
	config.RePublish = &js.RePublish{Source: "$KV." + c.Name + ".>", Destination: n.Changes.All(), HeadersOnly: true}
	return config
}

func fleetConfig(n wire.Names, c Config) js.StreamConfig {
	config := bucketConfig(n.Streams.Fleet, c)
	config.Description = "Dormouse: who is there and holds what"
	config.Subjects = []string{"$KV." + c.Name + wire.FleetSuffix + ".>"}
	config.SubjectDeleteMarkerTTL = markerTTL
	return config
}

// bucketConfig makes a stream a key-value bucket with one value a key.
func bucketConfig(name string, c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:              name,
		MaxMsgsPerSubject: 1,
		Discard:           js.DiscardNew,
		MaxConsumers:      maxConsumers,
		DenyDelete:        true,
		AllowRollup:       true,
		AllowDirect:       true,
		AllowMsgTTL:       true,
		Duplicates:        duplicateWindow,
		Replicas:          c.Replicas,
	}
}

func activityConfig(n wire.Names, c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:         n.Streams.Activities,
		Description:  "Dormouse: activities to run",
		Subjects:     []string{c.Name + ".activity.*.*.*"},
		Retention:    js.WorkQueuePolicy,
		Discard:      js.DiscardNew,
		MaxConsumers: maxConsumers,
		AllowDirect:  true,
		Duplicates:   duplicateWindow,
		Replicas:     c.Replicas,
	}
}

func queueConfig(n wire.Names, c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:         n.Streams.Queues,
		Description:  "Dormouse: queues that functions are triggered by, and their poison queues",
		Subjects:     []string{c.Name + ".queue.*", c.Name + ".poison.*"},
		Retention:    js.WorkQueuePolicy,
		Discard:      js.DiscardNew,
		MaxConsumers: maxConsumers,
		AllowDirect:  true,
		Duplicates:   duplicateWindow,
		Replicas:     c.Replicas,
	}
}

func deadConfig(n wire.Names, c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:        n.Streams.Dead,
		Description: "Dormouse: messages that cannot be read or routed",
		Subjects:    []string{c.Name + ".dead.*"},
		MaxAge:      deadAge,
		AllowDirect: true,
		Duplicates:  duplicateWindow,
		Replicas:    c.Replicas,
	}
}

// minServer is the oldest server that has all a hub needs: message schedules and
// per-message TTL.
var minServer = [2]int{2, 14}

func checkServer(version string) error {
	var have [2]int
	if _, err := fmt.Sscanf(version, "%d.%d", &have[0], &have[1]); err != nil {
		// Not connected, or a development build: the server will say what it lacks.
		return nil
	}
	if have[0] < minServer[0] || have[0] == minServer[0] && have[1] < minServer[1] {
		return fmt.Errorf("%w: it is version %s, Dormouse needs %d.%d", ErrOldServer, version, minServer[0], minServer[1])
	}
	return nil
}
