package run

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
)

// store commits the outcomes of turns.
type store struct{ hub storeHub }

type storeHub interface {
	hub.Limits
	hub.Records
}

// commit stores an outcome, if it changes anything. The outcome is then as it was stored: with
// its Next the next turn can begin.
func (s store) commit(ctx context.Context, o *turn.Outcome) error {
	if !o.Changed {
		return nil
	}
	if err := s.seal(ctx, o); err != nil {
		return err
	}
	revision, err := s.hub.Commit(ctx, o.Next.ID, &o.Next.Record, o.Next.Revision)
	if err != nil {
		return fmt.Errorf("commit instance %q: %w", o.Next.ID, err)
	}
	o.Stored(revision)
	return nil
}
