package memhub

import (
	"context"
	"slices"
)

// tokenWatch tells one watcher that an instance has changed.
type tokenWatch struct{ tokens chan struct{} }

// notify leaves a token unless one lies there already.
func (w *tokenWatch) notify() {
	select {
	case w.tokens <- struct{}{}:
	default:
	}
}

// Watch sends a token at once and after each change of the instance; see
// client.Hub. The channel is closed when ctx ends.
func (m *Hub) Watch(ctx context.Context, instance string) (<-chan struct{}, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	w := &tokenWatch{tokens: make(chan struct{}, 1)}
	w.notify()
	m.watchers[instance] = append(m.watchers[instance], w)
	context.AfterFunc(ctx, func() { m.unwatch(instance, w) })
	return w.tokens, nil
}

// anyInstance stands in the place of an instance for all of them.
const anyInstance = ""

// WatchAll is Watch of all instances; see client.Hub.
func (m *Hub) WatchAll(ctx context.Context) (<-chan struct{}, error) {
	return m.Watch(ctx, anyInstance)
}

func (m *Hub) unwatch(instance string, w *tokenWatch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := slices.DeleteFunc(m.watchers[instance], func(x *tokenWatch) bool { return x == w })
	m.watchers[instance] = left
	if len(left) == 0 {
		delete(m.watchers, instance)
	}
	close(w.tokens)
}
