package memhub

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// changes keeps the promises of [hub.Changes].
type changes struct{ *state }

// tokenWatch tells one watcher that an instance has changed.
type tokenWatch struct{ tokens chan struct{} }

// notify leaves a token, unless the watcher has not taken the last one yet.
func (w *tokenWatch) notify() {
	select {
	case w.tokens <- struct{}{}:
	default:
	}
}

// Watch sends a token at once and after each change of the instance; see hub.Changes. The
// channel is closed when ctx ends.
func (c *changes) Watch(ctx context.Context, instance string) (<-chan struct{}, error) {
	if err := c.lock(ctx); err != nil {
		return nil, err
	}
	defer c.mu.Unlock()
	w := &tokenWatch{tokens: make(chan struct{}, 1)}
	w.notify()
	c.watchers[instance] = append(c.watchers[instance], w)
	context.AfterFunc(ctx, func() { c.unwatch(instance, w) })
	return w.tokens, nil
}

// anyInstance stands in the place of an instance for all of them.
const anyInstance = ""

// WatchAll is Watch of all instances; see hub.Changes.
func (c *changes) WatchAll(ctx context.Context) (<-chan struct{}, error) {
	return c.Watch(ctx, anyInstance)
}

func (c *changes) unwatch(instance string, w *tokenWatch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := slices.DeleteFunc(c.watchers[instance], func(x *tokenWatch) bool { return x == w })
	c.watchers[instance] = left
	if len(left) == 0 {
		delete(c.watchers, instance)
	}
	close(w.tokens)
}

// tell leaves a token for everybody who watches the instance, or all of them.
func (c *changes) tell(instance string) {
	for _, watched := range []string{instance, anyInstance} {
		for _, w := range c.watchers[watched] {
			w.notify()
		}
	}
}

// Scan visits the instances that exist at the time of the call; see hub.Changes.
func (c *changes) Scan(ctx context.Context, cursor uint64, visit func(history.Summary) bool) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	var found []history.Summary
	for _, stored := range c.instances {
		if stored.data != nil && stored.revision >= cursor && stored.summary.Status.IsInstance() {
			s := stored.summary
			s.Tags = maps.Clone(s.Tags)
			found = append(found, s)
		}
	}
	c.mu.Unlock()
	slices.SortFunc(found, func(a, b history.Summary) int { return cmp.Compare(a.Revision, b.Revision) })
	for _, s := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !visit(s) {
			return nil
		}
	}
	return nil
}
