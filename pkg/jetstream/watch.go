package jetstream

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// Watch sends a token at once and after each change of the instance's record, until ctx ends,
// when the channel is closed. A slow reader gets one token for many changes, and may get one
// where nothing has changed. After a reconnect there is a token, since changes may have been
// missed. A watch costs the server nothing except one subscription for all watches of a hub.
//
// It returns an error wrapping [ErrOutdated] for a hub that has not been opened by a worker of
// this version.
func (c *changes) Watch(ctx context.Context, instance string) (<-chan struct{}, error) {
	token, err := wire.EncodeToken("instance id", instance)
	if err != nil {
		return nil, err
	}
	changes, err := c.listenFor(ctx, token)
	if err != nil {
		return nil, fmt.Errorf("watch instance %q: %w", instance, err)
	}
	return changes, nil
}

// WatchAll is [Hub.Watch] of all instances: a token stands for changes of any.
func (c *changes) WatchAll(ctx context.Context) (<-chan struct{}, error) {
	changes, err := c.listenFor(ctx, anyInstance)
	if err != nil {
		return nil, fmt.Errorf("watch all instances: %w", err)
	}
	return changes, nil
}

// listenFor has a token sent at once and after each change of the instance of that token,
// until ctx ends.
func (c *changes) listenFor(ctx context.Context, token string) (<-chan struct{}, error) {
	w := &waiter{tokens: make(chan struct{}, 1)}
	w.wake()
	if err := c.join(ctx, token, w); err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { c.leave(token, w) })
	return w.tokens, nil
}
