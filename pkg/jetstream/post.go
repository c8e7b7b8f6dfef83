package jetstream

import (
	"context"
	"fmt"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// post stores control messages, for clients and for the engine.
type post struct {
	*connection
	// hubTime is the clock by which a message may ask for something far ahead.
	hubTime *clock
}

// Post stores a control message and returns its number. Of the message's fields only those are
// stored that its verb has. It returns an error wrapping [ident.ErrInvalidName], [ErrTooLarge]
// or, for a start that comes with an event, [ErrNotJSON] for a message that no hub takes;
// after any other error the message may or may not have been stored.
func (p *post) Post(ctx context.Context, m hub.Message) (uint64, error) {
	msg, err := p.codec.Control(m, p.limits(), p.hubTime.now())
	if err != nil {
		return 0, err
	}
	number, err := p.publish(ctx, msg).wait(ctx)
	if err != nil {
		return 0, fmt.Errorf("post %s to instance %q: %w", m.Verb, m.Instance, err)
	}
	return number, nil
}
