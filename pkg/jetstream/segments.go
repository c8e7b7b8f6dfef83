package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// WriteSegment stores sealed events under a key of the instance. It returns an
// error wrapping [ErrTooLarge] for more than [Hub.MaxValue] bytes.
func (r *records) WriteSegment(ctx context.Context, instance, key string, data []byte) error {
	subject, err := r.codec.Names.Values.Segment(instance, key)
	if err != nil {
		return err
	}
	if most := r.MaxValue(); len(data) > most {
		return fmt.Errorf("%w: segment %q of instance %q has %d bytes, the limit is %d", ErrTooLarge, key, instance, len(data), most)
	}
	if _, err := r.publish(ctx, wire.Stored(subject, data)).wait(ctx); err != nil {
		return fmt.Errorf("write segment %q of instance %q: %w", key, instance, err)
	}
	return nil
}

// ReadSegments returns the content of the keys, in order. It returns an error
// wrapping [hub.ErrNotFound] if one is missing.
func (r *records) ReadSegments(ctx context.Context, instance string, keys []string) ([][]byte, error) {
	contents := make([][]byte, len(keys))
	err := each(keys, func(i int, key string) (err error) {
		contents[i], err = r.readSegment(ctx, instance, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	return contents, nil
}

func (r *records) readSegment(ctx context.Context, instance, key string) ([]byte, error) {
	subject, err := r.codec.Names.Values.Segment(instance, key)
	if err != nil {
		return nil, err
	}
	m, err := r.last(ctx, subject)
	if errors.Is(err, js.ErrMsgNotFound) {
		// A replica may lag behind; the leader does not.
		m, err = r.latest(ctx, r.codec.Names.Streams.Values, subject)
	}
	if errors.Is(err, js.ErrMsgNotFound) {
		err = hub.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read segment %q of instance %q: %w", key, instance, err)
	}
	return m.Data, nil
}

// DropSegments removes keys that no record refers to any more. It passes over keys that are
// not there.
func (r *records) DropSegments(ctx context.Context, instance string, keys []string) error {
	return each(keys, func(_ int, key string) error {
		subject, err := r.codec.Names.Values.Segment(instance, key)
		if err != nil {
			return err
		}
		if _, err := r.purge(ctx, r.codec.Names.Streams.Values, subject, 0); err != nil {
			return fmt.Errorf("drop segment %q of instance %q: %w", key, instance, err)
		}
		return nil
	})
}

// concurrency is how many requests of one call are on their way at a time.
const concurrency = 32

// each calls do for every element, many at a time, and returns all their errors
// joined, in order.
func each[T any](list []T, do func(int, T) error) error {
	if len(list) == 1 {
		return do(0, list[0])
	}
	errs := make([]error, len(list))
	slots := make(chan struct{}, concurrency)
	var running sync.WaitGroup
	for i, element := range list {
		slots <- struct{}{}
		running.Go(func() {
			errs[i] = do(i, element)
			<-slots
		})
	}
	running.Wait()
	return errors.Join(errs...)
}
