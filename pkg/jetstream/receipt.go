package jetstream

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

const (
	// inboxPrefix is what a receipt must begin with, so that nobody can make a
	// worker publish anywhere else.
	inboxPrefix = nats.InboxPrefix
	// maxReceipt is the longest subject of a receipt, in bytes.
	maxReceipt = 256
)

// parseReceipt returns the subject itself if it is that of somebody who waits for
// an answer.
func parseReceipt(subject string) (string, error) {
	legal := strings.HasPrefix(subject, inboxPrefix) && len(subject) <= maxReceipt
	for token := range strings.SplitSeq(subject, ".") {
		legal = legal && token != "" && !strings.ContainsAny(token, "*>") && !strings.ContainsFunc(token, isNoSubject)
	}
	if !legal {
		return "", fmt.Errorf("%w: receipt %.80q is no subject beginning with %s", ident.ErrInvalidName, subject, inboxPrefix)
	}
	return subject, nil
}

func isNoSubject(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// Reply sends the outcome to whoever asked for it. It returns an error wrapping
// [ident.ErrInvalidName] for a receipt that does not begin with "_INBOX.".
func (h *Hub) Reply(ctx context.Context, receipt string, outcome history.Outcome) error {
	subject, err := parseReceipt(receipt)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return sendError(h.nc.Publish(subject, []byte(outcome)))
}

// tellDiscarded tells whoever has asked about the event in a message that it is a dead
// letter. A copy of a message that is stored elsewhere says nothing about that one.
func (h *Hub) tellDiscarded(p pulled) {
	verb := wireVerb(deadVerb(p.Subject))
	hasEvent := verb.verb() == hub.VerbRaise || verb.verb() == hub.VerbStart && p.Header.Get(headerEvent) != ""
	receipt := p.Header.Get(headerReceipt)
	if receipt == "" || !hasEvent || checkOrigin(verb, p.Msg) != nil {
		return
	}
	if err := h.Reply(context.Background(), receipt, history.Discarded); err != nil {
		h.log.Debug("receipt was not sent", keySubject, p.Subject, keyError, err)
	}
}

// Ask stores an event and listens, until ctx ends, for what became of it. Of a
// connection with an inbox prefix of its own no worker can be asked to answer: the
// event is stored, and no outcome comes.
func (h *Hub) Ask(ctx context.Context, m hub.Message) (uint64, <-chan history.Outcome, error) {
	outcomes := make(chan history.Outcome, 1)
	inbox := h.nc.NewInbox()
	if _, err := parseReceipt(inbox); err != nil {
		number, err := h.Post(ctx, m)
		return number, outcomes, err
	}
	answered := false
	listener, err := h.nc.Subscribe(inbox, func(answer *nats.Msg) {
		// An event that comes to the worker again is answered again.
		if outcome := history.Outcome(answer.Data); isOutcome(outcome) && !answered {
			answered = true
			outcomes <- outcome
		}
	})
	if err != nil {
		return 0, nil, fmt.Errorf("listen for the outcome of event %q on instance %q: %w", m.Arg, m.Instance, err)
	}
	// It fails only where the connection has ended the subscription already.
	end := func() { _ = listener.Unsubscribe() }
	m.Receipt = inbox
	number, err := h.Post(ctx, m)
	if err != nil {
		end()
		return 0, nil, err
	}
	context.AfterFunc(ctx, end)
	return number, outcomes, nil
}

func isOutcome(o history.Outcome) bool {
	switch o {
	case history.Delivered, history.Buffered, history.Kept, history.Duplicate, history.Discarded:
		return true
	}
	return false
}
