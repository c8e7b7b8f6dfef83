package jetstream

import (
	"context"
	"fmt"

	js "github.com/nats-io/nats.go/jetstream"
)

// Watch sends a token at once and after each change of the instance's value, until
// ctx ends, when the channel is closed. A reader that is slow gets one token for
// many changes. After a reconnect there is a token too, for what may have been
// missed.
func (h *Hub) Watch(ctx context.Context, instance string) (<-chan struct{}, error) {
	token, err := encodeToken("instance id", instance)
	if err != nil {
		return nil, err
	}
	f, err := h.followValue(ctx, token)
	if err != nil {
		return nil, fmt.Errorf("watch instance %q: %w", instance, err)
	}
	changes := make(chan struct{}, 1)
	go func() {
		defer close(changes)
		h.keepUp(ctx, "instance", func() (err error) {
			if f == nil {
				if f, err = h.followValue(ctx, token); err != nil {
					return err
				}
			}
			defer func() { f.end(ctx); f = nil }()
			return sendChanges(ctx, f, changes)
		})
	}()
	return changes, nil
}

func (h *Hub) followValue(ctx context.Context, token string) (*follower, error) {
	return h.follow(ctx, h.names.valueStream(), js.ConsumerConfig{
		FilterSubject: h.names.value(token),
		DeliverPolicy: js.DeliverNewPolicy,
		HeadersOnly:   true,
	}, false)
}

func sendChanges(ctx context.Context, f *follower, changes chan struct{}) error {
	for {
		sendNewest(changes, struct{}{})
		select {
		case _, open := <-f.out:
			if !open {
				return f.failure()
			}
			f.release()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
