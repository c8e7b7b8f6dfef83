package memhub

import (
	"crypto/rand"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// ErrTooLarge: a record, segment or payload is larger than the hub can store.
var ErrTooLarge = record.ErrTooLarge

// Config says how a [Hub] behaves. The zero Config has the defaults of production.
type Config struct {
	// Partitions is the number of partitions, 16 if zero.
	Partitions int
	// LeaseTTL is how long a lease lasts, 5 s if zero.
	LeaseTTL time.Duration
	// KeepAliveInterval is how often the worker of an activity must call KeepAlive, 10 s if
	// zero. After three intervals without a call the activity is handed out again.
	KeepAliveInterval time.Duration
	// MaxValue is the largest record or segment, 1,000,000 bytes if zero.
	MaxValue int
	// MaxPayload is the largest payload of a message, a quarter of MaxValue if zero.
	MaxPayload int
	// Clock gives the hub its time; nil is the real clock.
	Clock Clock
}

func (c Config) withDefaults() Config {
	set := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	set(&c.Partitions, 16)
	set(&c.MaxValue, 1_000_000)
	set(&c.MaxPayload, c.MaxValue/4)
	if c.LeaseTTL == 0 {
		c.LeaseTTL = 5 * time.Second
	}
	if c.KeepAliveInterval == 0 {
		c.KeepAliveInterval = 10 * time.Second
	}
	if c.Clock == nil {
		c.Clock = realClock{}
	}
	return c
}

// Hub is a hub in memory. Any number of workers and clients may share a Hub. Nothing has to
// be closed: the memory is free when nobody holds the Hub any more.
//
// A Hub is made of parts that share one state, and each part keeps one or two of the
// interfaces of internal/hub.
type Hub struct {
	*state
	*records
	*changes
	*control
	*requests
	*work
	*queues
	*leases
	*settings
}

// The promises that each part keeps. Of [hub.Requests], requests has all methods but Post, which
// control has.
var (
	_ hub.Records   = (*records)(nil)
	_ hub.Changes   = (*changes)(nil)
	_ hub.Inbox     = (*control)(nil)
	_ hub.Outbox    = (*control)(nil)
	_ hub.Work      = (*work)(nil)
	_ hub.QueueWork = (*queues)(nil)
	_ hub.Queues    = (*queues)(nil)
	_ hub.Leases    = (*leases)(nil)
	_ hub.Settings  = (*settings)(nil)
	_ hub.Registrar = (*settings)(nil)

	_ hub.Worker = (*Hub)(nil)
	_ hub.Client = (*Hub)(nil)
)

// New returns an empty hub.
func New(config Config) *Hub {
	state := newState(config.withDefaults(), rand.Text())
	changes := &changes{state}
	records := &records{state: state, changes: changes}
	work := &work{state}
	control := &control{state: state, work: work}
	return &Hub{
		state:    state,
		records:  records,
		changes:  changes,
		control:  control,
		requests: &requests{state: state, records: records, control: control},
		work:     work,
		queues:   &queues{state},
		leases:   &leases{state},
		settings: &settings{state},
	}
}
