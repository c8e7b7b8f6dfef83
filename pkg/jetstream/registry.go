package jetstream

import (
	"context"
	"fmt"
	"slices"
	"strings"

	js "github.com/nats-io/nats.go/jetstream"
)

// Register records that a worker of this hub has the orchestrators. It returns an
// error wrapping [history.ErrInvalidName] for a name that no subject can hold.
func (h *Hub) Register(ctx context.Context, orchestrators []string) error {
	receipts := make([]receipt, 0, len(orchestrators))
	for _, name := range orchestrators {
		token, err := encodeToken("orchestrator name", name)
		if err != nil {
			return err
		}
		receipts = append(receipts, h.publish(ctx, newStored(h.names.orchestrator(token), []byte(name))))
	}
	for i, r := range receipts {
		if _, err := r.wait(ctx); err != nil {
			return fmt.Errorf("register orchestrator %q: %w", orchestrators[i], err)
		}
	}
	return nil
}

// Registered returns the names of the orchestrators that a worker has registered
// on this hub, sorted.
func (h *Hub) Registered(ctx context.Context) ([]string, error) {
	prefix := h.names.orchestrator("")
	info, err := ask(ctx, h, func(ctx context.Context) (*js.StreamInfo, error) {
		return h.values.Info(ctx, js.WithSubjectFilter(prefix+">"))
	})
	if err != nil {
		return nil, fmt.Errorf("list orchestrators: %w", err)
	}
	var found []string
	for subject := range info.State.Subjects {
		name, err := decodeToken(strings.TrimPrefix(subject, prefix))
		if err == nil {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, nil
}
