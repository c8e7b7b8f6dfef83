package jetstream

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/retry"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// What a zero [Config] means.
const (
	DefaultName              = "default"
	DefaultPartitions        = 16
	DefaultReplicas          = 1
	DefaultLeaseTTL          = 5 * time.Second
	DefaultKeepAliveInterval = 10 * time.Second
)

// MinBytes is the smallest limit of what a hub may hold.
const MinBytes = 64 << 20

// MaxPartitions is the largest number of partitions.
const MaxPartitions = 1024

// Config says which hub to open. The zero Config is the hub "default".
type Config struct {
	// Name of the hub: 1 to 64 of the characters A-Z a-z 0-9 _ and -, not ending
	// in "-fleet"; empty for "default".
	Name string
	// Partitions is how many partitions a new hub gets, 0 for 16, at most 1,024. It
	// can never be changed; a hub that exists keeps what it has.
	Partitions int
	// Replicas is on how many servers of a cluster a new hub is kept, 0 for 1.
	Replicas int
	// MaxBytes is how many bytes a new hub may hold on each of its servers, 0 for no limit,
	// at least [MinBytes]. Half of them are for instances, an eighth each for what is said to
	// them, for activities and for queues, a sixteenth for timers. What does not fit is
	// refused by an error wrapping [ErrStorage]. A hub that exists keeps what it has.
	MaxBytes int64
	// LeaseTTL is how long a lease lasts without being renewed, 0 for 5 s. Parts
	// of a second are rounded up. All workers of a hub should have the same.
	LeaseTTL time.Duration
	// KeepAliveInterval is how often an activity at work must say so, 0 for 10 s;
	// after three times as long in silence it is handed out again. All workers of
	// a hub should have the same.
	KeepAliveInterval time.Duration
	// Logger takes what no caller can be told; nil for nothing.
	Logger *slog.Logger
	// Clock is this computer's clock, nil for time.Now. A hub lives by the clock of the
	// server; this one is compared with it, and counts only in a hub that may not ask the
	// server: see [Hub.Now].
	Clock func() time.Time
}

// Hub is a hub on NATS JetStream. All its methods can be called by many
// goroutines at once. It holds nothing that has to be closed but the connection,
// which is its opener's.
type Hub struct {
	nc *nats.Conn
	js js.JetStream
	// api begins the subjects of JetStream's API.
	api        string
	link       *link
	codec      *wire.Codec
	partitions int
	leaseTTL   time.Duration
	keepAlive  time.Duration
	log        *slog.Logger
	complaints retry.Complaints
	clock      *clock
	reach      reach
	values     js.Stream
	changes    changes
	// room is for timers; nil of who does not work on the hub.
	room *room
	// looking bounds how many look at the newest value of an instance at a time. When many
	// who wait are woken together, for instance after a reconnect, they must not fill the
	// server's queue of requests, which it throws away when it is full.
	looking chan struct{}
	// oldSecret is set while the secret still stands where older versions kept it.
	oldSecret atomic.Bool
	// clustered is set where streams may live on different servers, so that what is
	// sent to two of them may be stored in another order.
	clustered bool
}

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

// maxLooking is far below what the server's queue of requests takes, which is 10,000.
const maxLooking = 256

// Limits of publishes that wait for their ack.
const (
	maxPending = 64 << 10
	stallWait  = 30 * time.Second
	ackTimeout = 10 * time.Second
)

// Open opens a hub and makes what of it does not exist yet. Several workers may
// open one hub at the same time.
//
// It returns an error wrapping [ident.ErrInvalidName] for an illegal name,
// [record.ErrNewerVersion] and [ErrOlderVersion] for a hub of another format,
// [ErrNoJetStream], [ErrOldServer], [ErrSmallMessages], [ErrAccount] or
// [ErrForeignStream].
func Open(ctx context.Context, nc *nats.Conn, config Config) (*Hub, error) {
	h, err := newHub(nc, config)
	if err != nil {
		return nil, err
	}
	if err := checkRoom(nc); err != nil {
		return nil, h.setupError(err)
	}
	if err := h.create(ctx, config); err != nil {
		return nil, h.setupError(err)
	}
	h.setClock(ctx, h.codec.Names.Streams.Timers)
	return h, nil
}

// OpenExisting opens a hub that a worker has opened before. It returns the errors
// of [Open], [ErrHubNotFound] if there is none, and [ErrOutdated] if its streams would drop
// what they have acknowledged; it makes and changes nothing.
func OpenExisting(ctx context.Context, nc *nats.Conn, config Config) (*Hub, error) {
	h, err := newHub(nc, config)
	if err != nil {
		return nil, err
	}
	if err := checkRoom(nc); err != nil {
		return nil, h.setupError(err)
	}
	if err := h.find(ctx); err != nil {
		return nil, err
	}
	h.setClock(ctx, h.codec.Names.Streams.Control)
	return h, nil
}

// OpenBlind opens a hub for who may say something to instances and see nothing: only
// [Hub.Post] can be relied on. Nothing is asked of the server, so it is not found out
// whether there is such a hub before something is said to it.
func OpenBlind(nc *nats.Conn, config Config) (*Hub, error) { return newHub(nc, config) }

func newHub(nc *nats.Conn, config Config) (*Hub, error) {
	config = config.withDefaults()
	if err := config.check(); err != nil {
		return nil, err
	}
	if err := checkServer(nc.ConnectedServerVersion()); err != nil {
		return nil, err
	}
	link, err := linkOf(nc, apiOf(nc))
	if err != nil {
		return nil, fmt.Errorf("hub %q: %w", config.Name, err)
	}
	h := &Hub{
		nc: nc, js: link.js, api: apiOf(nc), link: link, codec: &wire.Codec{Names: wire.NewNames(config.Name)}, partitions: config.Partitions,
		leaseTTL: config.LeaseTTL, keepAlive: config.KeepAliveInterval, log: config.Logger,
		clock:   newClock(config.Clock, config.Logger),
		looking: make(chan struct{}, maxLooking),
	}
	h.changes = changes{hub: h, waiters: map[string]map[*waiter]struct{}{}}
	return h, nil
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

// Partitions returns the number of partitions, which is the same for as long as
// the hub exists.
func (h *Hub) Partitions() int { return h.partitions }

// Identity tells the hub from all others, also from one of the same name that was there
// before: by the time at which the stream of its values was made.
func (h *Hub) Identity() string {
	return h.codec.Names.Hub + " " + h.values.CachedInfo().Created.UTC().Format(time.RFC3339Nano)
}

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

// MaxValue returns the largest size in bytes of a value or a segment: what the
// server takes in a message, less 8 KiB.
func (h *Hub) MaxValue() int { return h.limits().Value() }

// MaxPayload returns the largest size in bytes of a payload: a quarter of
// [Hub.MaxValue], since a value has to hold several.
func (h *Hub) MaxPayload() int { return h.limits().Payload() }

// limits are those of the server that the hub is connected to.
func (h *Hub) limits() wire.Limits { return wire.Limits(h.nc.MaxPayload()) }

// LeaseTTL returns how long a lease lasts without being renewed.
func (h *Hub) LeaseTTL() time.Duration { return h.leaseTTL }
