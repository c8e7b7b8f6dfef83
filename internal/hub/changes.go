package hub

import (
	"context"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Changes tells of instances as they change.
type Changes interface {
	// Watch sends a token at once and after each change of the instance's record,
	// until ctx ends. A reader that is slow gets one token for many changes.
	Watch(ctx context.Context, instance string) (<-chan struct{}, error)
	// WatchAll is Watch of all instances: a token stands for changes of any.
	WatchAll(ctx context.Context) (<-chan struct{}, error)
	// Scan calls visit for each instance in the order of their last change,
	// beginning with the first change at or after cursor, until visit returns
	// false or all have been visited.
	Scan(ctx context.Context, cursor uint64, visit func(history.Summary) bool) error
}
