package jetstream

import (
	"context"
	"fmt"
	"slices"
	"strings"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// Register records that a worker of this hub has the orchestrators. It returns an error
// wrapping [ident.ErrInvalidName] for a name that no subject can hold.
func (s *settings) Register(ctx context.Context, orchestrators []string) error {
	return s.register(ctx, "orchestrator", orchestrators, s.codec.Names.Values.Orchestrator)
}

// RegisterActivities records that a worker of this hub has the activities, likewise.
func (s *settings) RegisterActivities(ctx context.Context, activities []string) error {
	return s.register(ctx, "activity", activities, s.codec.Names.Values.Activity)
}

func (s *settings) register(ctx context.Context, kind string, list []string, subject func(token string) string) error {
	receipts := make([]receipt, 0, len(list))
	for _, name := range list {
		token, err := wire.EncodeToken(kind+" name", name)
		if err != nil {
			return err
		}
		receipts = append(receipts, s.publish(ctx, wire.Stored(subject(token), []byte(name))))
	}
	for i, r := range receipts {
		if _, err := r.wait(ctx); err != nil {
			return fmt.Errorf("register %s %q: %w", kind, list[i], err)
		}
	}
	return nil
}

// Registered returns the names of the orchestrators that a worker has registered
// on this hub, sorted.
func (s *settings) Registered(ctx context.Context) ([]string, error) {
	return s.registered(ctx, "orchestrators", s.codec.Names.Values.Orchestrator(""))
}

// RegisteredActivities returns the names of the activities that a worker has registered on
// this hub, sorted. It does not know activities of workers that are older than the list.
func (s *settings) RegisteredActivities(ctx context.Context) ([]string, error) {
	return s.registered(ctx, "activities", s.codec.Names.Values.Activity(""))
}

func (s *settings) registered(ctx context.Context, kind, prefix string) ([]string, error) {
	info, err := roundTrip(ctx, s.connection, func(ctx context.Context) (*js.StreamInfo, error) {
		return s.values.Info(ctx, js.WithSubjectFilter(prefix+">"))
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", kind, err)
	}
	var found []string
	for subject := range info.State.Subjects {
		name, err := wire.DecodeToken(strings.TrimPrefix(subject, prefix))
		if err == nil {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, nil
}
