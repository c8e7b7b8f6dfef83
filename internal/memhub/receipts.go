package memhub

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Reply sends the outcome to whoever asked for it, if anybody still listens. It
// returns an error wrapping [ident.ErrInvalidName] for a text that is no receipt.
func (m *Hub) Reply(ctx context.Context, receipt string, outcome history.Outcome) error {
	if !strings.HasPrefix(receipt, inboxPrefix) {
		return fmt.Errorf("%w: receipt %q", ident.ErrInvalidName, receipt)
	}
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	if asker := m.askers[receipt]; asker != nil {
		asker <- outcome
		delete(m.askers, receipt)
	}
	return nil
}

// Ask stores the message, and listens for one outcome until ctx ends; see
// client.Hub.
func (m *Hub) Ask(ctx context.Context, msg hub.Message) (uint64, <-chan history.Outcome, error) {
	if err := m.lock(ctx); err != nil {
		return 0, nil, err
	}
	defer m.mu.Unlock()
	receipt := inboxPrefix + strconv.FormatUint(m.sequence+1, 10)
	msg.Receipt = receipt
	if err := m.check(msg); err != nil {
		return 0, nil, err
	}
	outcomes := make(chan history.Outcome, 1)
	m.askers[receipt] = outcomes
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.askers, receipt)
	})
	return m.post(msg), outcomes, nil
}
