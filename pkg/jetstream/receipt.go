package jetstream

import (
	"context"

	"github.com/dormouse-dev/dormouse/internal/history"
)

// Reply sends the outcome to whoever asked for it.
func (h *Hub) Reply(context.Context, string, history.Outcome) error { return nil }

// Ask stores the message.
func (h *Hub) Ask(ctx context.Context, m history.Message) (uint64, <-chan history.Outcome, error) {
	number, err := h.Post(ctx, m)
	return number, nil, err
}
