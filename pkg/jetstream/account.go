package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

var (
	// ErrAccount: the account of this login on the NATS server allows less than the hub needs.
	ErrAccount = errors.New("the NATS account allows too little")
	// ErrNoLimit comes with ErrAccount where a hub has to be made with [Config.MaxBytes].
	ErrNoLimit = errors.New("its streams must have a limit of bytes: say how many the hub may hold")
)

func accountError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrAccount, fmt.Sprintf(format, args...))
}

// accountTimeout is how long the server may take to answer a question about the account. It
// gives no answer to a login that may not ask.
const accountTimeout = 2 * time.Second

// tier returns the use and the limits of the account for streams with so many replicas. It
// reports false if they are not known: not every login may ask.
func (s setup) tier(ctx context.Context, replicas int) (js.Tier, bool) {
	ctx, cancel := context.WithTimeout(ctx, accountTimeout)
	defer cancel()
	info, err := roundTrip(ctx, s.connection, s.js.AccountInfo)
	if err != nil {
		s.log.Debug("the limits of the account are not known", keyError, err)
		return js.Tier{}, false
	}
	if tier, found := info.Tiers[fmt.Sprintf("R%d", replicas)]; found {
		return tier, true
	}
	return info.Tier, true
}

// checkAccount finds out, before anything is made, whether the account allows all streams of
// the hub, and a consumer for each partition.
func (s setup) checkAccount(ctx context.Context, config Config) error {
	account, known := s.tier(ctx, config.Replicas)
	if !known || isUnlimited(account.Limits) {
		return nil
	}
	partitions, missing, err := s.missing(ctx, config)
	if err != nil {
		return err
	}
	limits := account.Limits
	switch {
	case limits.MaxConsumers > 0 && partitions > limits.MaxConsumers:
		return accountError("it allows %d consumers a stream, and each of the hub's %d partitions needs one", limits.MaxConsumers, partitions)
	case len(missing) == 0:
		return nil
	case limits.MaxStreams > 0 && account.Streams+len(missing) > limits.MaxStreams:
		return accountError("it allows %d streams and has %d, and the hub needs %d more", limits.MaxStreams, account.Streams, len(missing))
	}
	return checkStorage(account, missing)
}

func isUnlimited(l js.AccountLimits) bool {
	return l.MaxConsumers <= 0 && l.MaxStreams <= 0 && l.MaxStore < 0 && l.StoreMaxStreamBytes <= 0 && !l.MaxBytesRequired
}

// checkStorage finds out whether the account has room for streams that are to be made.
func checkStorage(account js.Tier, streams []js.StreamConfig) error {
	limits := account.Limits
	var size, largest int64
	for _, c := range streams {
		size += c.MaxBytes * int64(c.Replicas)
		largest = max(largest, c.MaxBytes)
	}
	switch {
	case limits.MaxStore == 0:
		return accountError("it allows no storage on files")
	case limits.MaxBytesRequired && size == 0:
		return fmt.Errorf("%w: %w", ErrAccount, ErrNoLimit)
	case limits.MaxStore > 0 && account.ReservedStore+uint64(size) > uint64(limits.MaxStore):
		return accountError("it allows %d bytes on files, of which %d are reserved, and the hub needs %d", limits.MaxStore, account.ReservedStore, size)
	case limits.StoreMaxStreamBytes > 0 && largest > limits.StoreMaxStreamBytes:
		return accountError("it allows %d bytes a stream, and the largest of the hub needs %d", limits.StoreMaxStreamBytes, largest)
	}
	return nil
}

// missing returns how many partitions the hub has or will have, and the streams that it lacks.
func (s setup) missing(ctx context.Context, config Config) (partitions int, lacks []js.StreamConfig, err error) {
	partitions = config.Partitions
	for _, c := range configs(s.codec.Names, config) {
		stream, err := s.js.Stream(ctx, c.Name)
		switch {
		case errors.Is(err, js.ErrStreamNotFound):
			lacks = append(lacks, c)
		case err != nil:
			return 0, nil, err
		case c.Name == s.codec.Names.Streams.Control:
			l, err := s.adopt(stream.CachedInfo())
			if err != nil {
				return 0, nil, err
			}
			partitions = l.partitions
		}
	}
	return partitions, lacks, nil
}

// Prepare finds out whether the account allows a consumer for each of the activities and
// queues, beside those that there are. It returns an error wrapping [ErrAccount] if not.
func (h *Hub) Prepare(ctx context.Context, activities, queues []string) error {
	s := setup{h.connection}
	for _, work := range []struct {
		stream, kind string
		names        []string
		token        func(string) (string, error)
	}{
		{h.codec.Names.Streams.Activities, "activities", activities, func(name string) (string, error) { return wire.EncodeToken("activity name", name) }},
		{h.codec.Names.Streams.Queues, "queues", queues, wire.QueueToken},
	} {
		if err := s.checkConsumers(ctx, work.stream, work.kind, work.names, work.token); err != nil {
			return fmt.Errorf("hub %q: %w", h.codec.Names.Hub, err)
		}
	}
	return nil
}

func (s setup) checkConsumers(ctx context.Context, name, kind string, names []string, token func(string) (string, error)) error {
	if len(names) == 0 {
		return nil
	}
	stream, err := roundTrip(ctx, s.connection, func(ctx context.Context) (js.Stream, error) { return s.js.Stream(ctx, name) })
	if err != nil {
		return err
	}
	config := stream.CachedInfo().Config
	most := config.MaxConsumers
	account, known := s.tier(ctx, config.Replicas)
	if of := account.Limits.MaxConsumers; known && of > 0 && (most <= 0 || of < most) {
		most = of
	}
	if most <= 0 {
		return nil
	}
	there, err := consumerNames(ctx, stream)
	if err != nil {
		return err
	}
	need := len(there)
	for _, n := range names {
		t, err := token(n)
		if err != nil {
			return err
		}
		if !slices.Contains(there, s.codec.Key.Consumer(t)) {
			need++
		}
	}
	if need > most {
		return accountError("it allows %d consumers on stream %s, which has %d, and with those for the %d %s of this worker it would have %d",
			most, name, len(there), len(names), kind, need)
	}
	return nil
}

func consumerNames(ctx context.Context, stream js.Stream) ([]string, error) {
	var names []string
	list := stream.ConsumerNames(ctx)
	for name := range list.Name() {
		names = append(names, name)
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list the consumers of stream %s: %w", stream.CachedInfo().Config.Name, err)
	}
	return names, nil
}
