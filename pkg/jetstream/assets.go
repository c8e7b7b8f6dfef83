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
	// metaSalt was once in those of the timer stream, see [Hub.agreeOnSecret].
	metaSalt = "dormouse-salt"
)

const (
	// duplicateWindow is for how long a repeated message id is dropped.
	duplicateWindow = 2 * time.Minute
	// deadAge is how long dead letters are kept.
	deadAge = 30 * 24 * time.Hour
	// maxConsumers is how many consumers a stream may have. Without a number of its own, the
	// server allows 1,000 (since 2.15), which is less than a hub can have partitions.
	maxConsumers = 10_000
	// markerTTL is for how long the end of a lease can be seen by who was cut off.
	markerTTL = time.Minute
)

// create makes the streams that are not there yet, and brings the others up to date. The
// control stream comes first: who makes it decides on the number of partitions.
func (h *Hub) create(ctx context.Context, config Config) error {
	config = config.withDefaults()
	if err := h.checkAccount(ctx, config); err != nil {
		return err
	}
	streams := map[string]js.Stream{}
	for _, c := range h.configs(config) {
		stream, err := h.ensure(ctx, c)
		if err == nil && c.Name == h.codec.Names.Streams.Control {
			err = h.adopt(stream.CachedInfo())
		}
		if err == nil {
			stream, err = h.bringUpToDate(ctx, stream, c)
		}
		if err != nil {
			return err
		}
		streams[c.Name] = stream
	}
	timers := streams[h.codec.Names.Streams.Timers]
	h.values = streams[h.codec.Names.Streams.Values]
	h.room = newRoom(h, timers.CachedInfo().Config)
	var err error
	h.codec.Key, err = h.agreeOnSecret(ctx, timers)
	return err
}

// configs are those of all streams, with what each may hold of what the hub may hold.
func (h *Hub) configs(c Config) []js.StreamConfig {
	all := []js.StreamConfig{
		h.controlConfig(c), h.valueConfig(c), h.timerConfig(c), h.activityConfig(c), h.queueConfig(c), h.deadConfig(c), h.fleetConfig(c),
	}
	for i, part := range []int64{4, 16, 2, 4, 4, 1, 1} {
		all[i].MaxBytes = c.MaxBytes * part / 32
	}
	return all
}

// ensure returns the stream of that name, made from the config if there is none.
func (h *Hub) ensure(ctx context.Context, config js.StreamConfig) (js.Stream, error) {
	stream, err := h.stream(ctx, config.Name)
	if !errors.Is(err, js.ErrStreamNotFound) {
		return stream, err
	}
	stream, err = h.makeStream(ctx, config)
	if isConsumerLimit(err) { // the account allows fewer
		config.MaxConsumers = 0
		stream, err = h.makeStream(ctx, config)
	}
	if errors.Is(err, js.ErrStreamNameAlreadyInUse) {
		// Another worker was faster, with another config.
		return h.stream(ctx, config.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("create stream %s: %w", config.Name, err)
	}
	return stream, nil
}

func (h *Hub) stream(ctx context.Context, name string) (js.Stream, error) {
	return ask(ctx, h, func(ctx context.Context) (js.Stream, error) { return h.js.Stream(ctx, name) })
}

// makeStream makes a stream. Where that is asked for twice, the same config is no error.
func (h *Hub) makeStream(ctx context.Context, config js.StreamConfig) (js.Stream, error) {
	return ask(ctx, h, func(ctx context.Context) (js.Stream, error) { return h.js.CreateStream(ctx, config) })
}

// find looks up the streams of a hub that must exist.
func (h *Hub) find(ctx context.Context) error {
	control, err := h.stream(ctx, h.codec.Names.Streams.Control)
	if err == nil {
		if err = h.adopt(control.CachedInfo()); err == nil {
			h.values, err = h.stream(ctx, h.codec.Names.Streams.Values)
		}
	}
	if errors.Is(err, js.ErrStreamNotFound) {
		return fmt.Errorf("hub %q %w", h.codec.Names.Hub, ErrHubNotFound)
	}
	if err != nil {
		return h.setupError(err)
	}
	config := Config{Name: h.names.hub}.withDefaults()
	if err := errors.Join(checkKeeping(control, h.controlConfig(config)), checkKeeping(h.values, h.valueConfig(config))); err != nil {
		return h.setupError(err)
	}
	return nil
}

// adopt takes over what the control stream says of the hub.
func (h *Hub) adopt(control *js.StreamInfo) error {
	meta := control.Config.Metadata
	version, err := strconv.Atoi(meta[metaVersion])
	if err != nil || version < 1 {
		return fmt.Errorf("%s: %w", h.codec.Names.Streams.Control, ErrForeignStream)
	}
	if version < Version {
		return fmt.Errorf("%w (hub format %d, this program knows %d)", ErrOlderVersion, version, Version)
	}
	if version > Version {
		return fmt.Errorf("%w (hub format %d, this program knows %d)", record.ErrNewerVersion, version, Version)
	}
	partitions, err := strconv.Atoi(meta[metaPartitions])
	if err != nil || partitions < 1 || partitions > MaxPartitions {
		return fmt.Errorf("%s has %q partitions: %w", h.codec.Names.Streams.Control, meta[metaPartitions], record.ErrCorrupt)
	}
	h.partitions = partitions
	h.clustered = control.Cluster != nil
	return nil
}

func (h *Hub) controlConfig(c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:        h.codec.Names.Streams.Control,
		Description: "Dormouse: what is said to instances",
		// Two stars and not one ">" behind "to": what names no verb could not be
		// transformed, and no consumer would ever see it.
		Subjects:     []string{c.Name + ".to.*.>"},
		Retention:    js.WorkQueuePolicy,
		Discard:      js.DiscardNew,
		MaxConsumers: maxConsumers,
		SubjectTransform: &js.SubjectTransformConfig{
			Source:      c.Name + ".to.*.>",
			Destination: fmt.Sprintf("%s.control.{{partition(%d,1)}}.{{wildcard(1)}}.>", c.Name, c.Partitions),
		},
		// Of what a header can ask of the server it allows nothing: whoever may say
		// one thing here must not be able to do another.
		AllowDirect: true,
		Duplicates:  duplicateWindow,
		Replicas:    c.Replicas,
		Metadata:    map[string]string{metaVersion: strconv.Itoa(Version), metaPartitions: strconv.Itoa(c.Partitions)},
	}
}

func (h *Hub) timerConfig(c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:              h.codec.Names.Streams.Timers,
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

func (h *Hub) valueConfig(c Config) js.StreamConfig {
	config := h.bucketConfig(h.codec.Names.Streams.Values, c)
	config.Description = "Dormouse: the instances"
	config.Subjects = []string{"$KV." + c.Name + ".>"}
	// Segments too, which nobody waits for: with all of them a listener can tell by their
	// numbers that it has missed none.
	config.RePublish = &js.RePublish{Source: "$KV." + c.Name + ".>", Destination: h.codec.Names.Changes.All(), HeadersOnly: true}
	return config
}

func (h *Hub) fleetConfig(c Config) js.StreamConfig {
	config := h.bucketConfig(h.codec.Names.Streams.Fleet, c)
	config.Description = "Dormouse: who is there and holds what"
	config.Subjects = []string{"$KV." + c.Name + wire.FleetSuffix + ".>"}
	config.SubjectDeleteMarkerTTL = markerTTL
	return config
}

// bucketConfig is what makes a stream a key-value bucket with one value a key.
func (h *Hub) bucketConfig(name string, c Config) js.StreamConfig {
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

func (h *Hub) activityConfig(c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:         h.codec.Names.Streams.Activities,
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

func (h *Hub) deadConfig(c Config) js.StreamConfig {
	return js.StreamConfig{
		Name:        h.codec.Names.Streams.Dead,
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
