package jetstream

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// The values of a zero [Config].
const (
	DefaultName              = "default"
	DefaultPartitions        = 16
	DefaultReplicas          = 1
	DefaultLeaseTTL          = 5 * time.Second
	DefaultKeepAliveInterval = 10 * time.Second
)

// MinBytes is the smallest limit of bytes for a hub.
const MinBytes = 64 << 20

// MaxPartitions is the largest number of partitions.
const MaxPartitions = 1024

// Config says which hub to open. The zero Config is the hub "default".
type Config struct {
	// Name of the hub: 1 to 64 of the characters A-Z a-z 0-9 _ and -, not ending
	// in "-fleet"; empty for "default".
	Name string
	// Partitions is how many partitions a new hub gets, 0 for 16, at most 1,024. An existing
	// hub keeps its number, which can never be changed.
	Partitions int
	// Replicas is on how many servers of a cluster a new hub is kept, 0 for 1.
	Replicas int
	// MaxBytes is how many bytes a new hub may hold on each of its servers, 0 for no limit, at
	// least [MinBytes]. Half of them are for instances, an eighth each for control messages,
	// activities and queues, a sixteenth for timers. A message for which there is no room is
	// refused by an error wrapping [ErrStorage]. An existing hub keeps its limit.
	MaxBytes int64
	// LeaseTTL is how long a lease lasts without being renewed, 0 for 5 s. Parts
	// of a second are rounded up. All workers of a hub should have the same.
	LeaseTTL time.Duration
	// KeepAliveInterval is how often an activity at work must say so, 0 for 10 s;
	// after three times as long in silence it is handed out again. All workers of
	// a hub should have the same.
	KeepAliveInterval time.Duration
	// Logger takes messages for which there is no caller; nil discards them.
	Logger *slog.Logger
	// Clock is this computer's clock, nil for time.Now. A hub lives by the clock of the
	// server; this one is compared with it, and counts only in a hub that may not ask the
	// server: see [Hub.Now].
	Clock func() time.Time
}

// Hub is a hub on NATS JetStream. All its methods can be called by many goroutines at once. It
// holds nothing that has to be closed except for the connection, which belongs to the caller
// who opened the hub.
//
// A hub is made of parts, and each part keeps one of the interfaces of internal/hub.
type Hub struct {
	*connection
	*clock
	*records
	*post
	*inbox
	*outbox
	*work
	*queueWork
	*leases
	*requests
	*changes
	*settings
	*queues
}

// The promises that each part keeps.
var (
	_ hub.Connection = (*connection)(nil)
	_ hub.Limits     = (*connection)(nil)
	_ hub.Clock      = (*clock)(nil)
	_ hub.Records    = (*records)(nil)
	_ hub.Inbox      = (*inbox)(nil)
	_ hub.Outbox     = (*outbox)(nil)
	_ hub.Work       = (*work)(nil)
	_ hub.QueueWork  = (*queueWork)(nil)
	_ hub.Leases     = (*leases)(nil)
	_ hub.Requests   = (*requests)(nil)
	_ hub.Changes    = (*changes)(nil)
	_ hub.Settings   = (*settings)(nil)
	_ hub.Registrar  = (*settings)(nil)
	_ hub.Queues     = (*queues)(nil)

	_ hub.Worker = (*Hub)(nil)
	_ hub.Client = (*Hub)(nil)
)

// Keys of log attributes.
const (
	keyError     = "error"
	keySubject   = "subject"
	keyStream    = "stream"
	keyInstance  = "instance"
	keyReason    = "reason"
	keyWork      = "work"
	keyServer    = "server"
	keyDirectory = "directory"
)

// Open opens a hub and makes the streams of it that do not exist yet. Several workers may
// open one hub at the same time.
//
// It returns an error wrapping [ident.ErrInvalidName] for an illegal name,
// [record.ErrNewerVersion] and [ErrOlderVersion] for a hub of another format,
// [ErrNoJetStream], [ErrOldServer], [ErrSmallMessages], [ErrAccount] or
// [ErrForeignStream].
func Open(ctx context.Context, nc *nats.Conn, config Config) (*Hub, error) {
	c, config, err := newConnection(nc, config)
	if err != nil {
		return nil, err
	}
	if err := checkRoom(nc); err != nil {
		return nil, c.setupError(err)
	}
	s := setup{connection: c}
	layout, err := s.create(ctx, config)
	if err != nil {
		return nil, c.setupError(err)
	}
	h := assemble(c, config, layout)
	h.goBy(ctx, c.serverTime(c.codec.Names.Streams.Timers))
	return h, nil
}

// OpenExisting opens a hub that a worker has opened before. It returns the errors of [Open],
// [ErrHubNotFound] if there is none, and [ErrOutdated] if its streams would drop messages that
// they have acknowledged; it makes and changes nothing.
func OpenExisting(ctx context.Context, nc *nats.Conn, config Config) (*Hub, error) {
	c, config, err := newConnection(nc, config)
	if err != nil {
		return nil, err
	}
	if err := checkRoom(nc); err != nil {
		return nil, c.setupError(err)
	}
	s := setup{connection: c}
	layout, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	h := assemble(c, config, layout)
	h.goBy(ctx, c.serverTime(c.codec.Names.Streams.Control))
	return h, nil
}

// OpenBlind opens a hub for a login that may say something to instances and see nothing: only
// [Hub.Post] can be relied on. Nothing is asked of the server, so it is not found out
// whether there is such a hub before something is said to it.
func OpenBlind(nc *nats.Conn, config Config) (*Hub, error) {
	c, config, err := newConnection(nc, config)
	if err != nil {
		return nil, err
	}
	return assemble(c, config, layout{partitions: config.Partitions}), nil
}

// layout is how a hub is laid out on its server, as it was found or made there.
type layout struct {
	partitions int
	// clustered is set where streams may live on different servers, so that messages to two of
	// them may be stored in another order than they were sent in.
	clustered bool
	// values is the stream of the records, nil for a hub that was opened blind.
	values js.Stream
	// room is the room for timers, nil where there is no limit or nobody sets timers.
	room *room
	// secret retires the secret where older versions kept it; nil for clients.
	secret *secret
}

// assemble puts a hub together.
func assemble(c *connection, config Config, l layout) *Hub {
	clock := newClock(config.Clock, config.Logger)
	post := &post{c, clock}
	records := &records{connection: c, clock: clock, values: l.values, looking: make(chan struct{}, maxLooking)}
	work := &work{connection: c, clock: clock, interval: config.KeepAliveInterval}
	queues := &queues{c}
	outbox := &outbox{connection: c, post: post, room: l.room}
	return &Hub{
		connection: c,
		clock:      clock,
		records:    records,
		post:       post,
		inbox:      &inbox{connection: c, clock: clock, outbox: outbox, partitions: l.partitions},
		outbox:     outbox,
		work:       work,
		queueWork:  &queueWork{connection: c, work: work, queues: queues},
		leases:     &leases{connection: c, clock: clock, secret: l.secret, ttl: config.LeaseTTL},
		requests:   &requests{connection: c, post: post, records: records, clustered: l.clustered},
		changes:    &changes{connection: c, clustered: l.clustered, waiters: map[string]map[*waiter]struct{}{}},
		settings:   &settings{connection: c, values: l.values},
		queues:     queues,
	}
}

func (c Config) withDefaults() Config {
	c.Name = cmp.Or(c.Name, DefaultName)
	c.Partitions = cmp.Or(c.Partitions, DefaultPartitions)
	c.Replicas = cmp.Or(c.Replicas, DefaultReplicas)
	c.LeaseTTL = cmp.Or(c.LeaseTTL, DefaultLeaseTTL)
	c.KeepAliveInterval = cmp.Or(c.KeepAliveInterval, DefaultKeepAliveInterval)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if part := c.LeaseTTL % time.Second; part > 0 {
		c.LeaseTTL += time.Second - part
	}
	return c
}

var legalName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (c Config) check() error {
	switch {
	case !legalName.MatchString(c.Name):
		return fmt.Errorf("%w: hub name %.70q must be 1 to 64 of the characters A-Z a-z 0-9 _ and -", ident.ErrInvalidName, c.Name)
	case strings.HasSuffix(c.Name, wire.FleetSuffix):
		return fmt.Errorf("%w: hub name %q must not end in %q", ident.ErrInvalidName, c.Name, wire.FleetSuffix)
	case c.Partitions < 1 || c.Partitions > MaxPartitions:
		return fmt.Errorf("hub %q: %d partitions, must be 1 to %d", c.Name, c.Partitions, MaxPartitions)
	case c.Replicas < 1 || c.Replicas > 5:
		return fmt.Errorf("hub %q: %d replicas, must be 1 to 5", c.Name, c.Replicas)
	case c.MaxBytes != 0 && c.MaxBytes < MinBytes:
		return fmt.Errorf("hub %q: %d bytes, must be 0 or at least %d", c.Name, c.MaxBytes, MinBytes)
	case c.LeaseTTL < 0 || c.KeepAliveInterval < 0:
		return fmt.Errorf("hub %q: lease TTL %v and keep-alive interval %v must not be negative", c.Name, c.LeaseTTL, c.KeepAliveInterval)
	}
	return nil
}

// Name returns the hub's name.
func (h *Hub) Name() string { return h.codec.Names.Hub }

// MinMessage is the least that the server must take in a message (its max_payload) for
// a hub to be opened: a value then has room for its history, its custom status, an input
// and an output, each as large as it may be.
const MinMessage = 64 << 10

// checkRoom returns an error wrapping [ErrSmallMessages] if the server takes too little.
// Of a server that is not connected nothing is known.
func checkRoom(nc *nats.Conn) error {
	if most := nc.MaxPayload(); most > 0 && most < MinMessage {
		return fmt.Errorf("%w: its max_payload is %d bytes, Dormouse needs %d", ErrSmallMessages, most, MinMessage)
	}
	return nil
}
