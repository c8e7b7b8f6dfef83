package jetstream

import (
	"context"
	"crypto/rand"
	"errors"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/pull"
)

// open takes a consumer over and reads from it, again if the new one is silent. It returns how
// many messages are in line for the consumer.
func (c consumers) open(ctx context.Context, filter string, config pull.Config) (*pull.Feed, uint64, error) {
	const attempts = 3
	for attempt := 1; ; attempt++ {
		waiting, err := c.takeOver(ctx, filter, config)
		if err != nil {
			return nil, 0, err
		}
		f, err := pull.Start(ctx, c.nc, config)
		if attempt == attempts || !errors.Is(err, pull.ErrSilent) {
			return f, waiting, err
		}
	}
}

// newGroup names the priority group of an owner, by the longest name that the server
// takes for one.
func newGroup() string { return rand.Text()[:16] }

// takeOver replaces a consumer that has one owner by a new one. The server then hands out
// everything unacked again, in order, and drops the requests of the owner before. It refuses
// requests that are still on their way, since they do not name the new owner's group; the
// priority group has no other purpose. takeOver returns how many messages are in line for the
// new consumer.
func (c consumers) takeOver(ctx context.Context, filter string, owner pull.Config) (waiting uint64, err error) {
	config := js.ConsumerConfig{
		Durable:        owner.Consumer,
		FilterSubject:  filter,
		AckPolicy:      js.AckExplicitPolicy,
		AckWait:        controlAckWait,
		MaxAckPending:  -1,
		PriorityPolicy: js.PriorityPolicyOverflow,
		PriorityGroups: []string{owner.Group},
	}
	pauses := newPauses()
	for attempt := 1; ; attempt++ {
		err := c.remove(ctx, owner.Stream, owner.Consumer)
		var made js.Consumer
		if err == nil || errors.Is(err, js.ErrConsumerNotFound) {
			made, err = c.create(ctx, owner.Stream, config)
		}
		if err == nil {
			return made.CachedInfo().NumPending, nil
		}
		if attempt == takeOverAttempts || !isRivalry(err) {
			return 0, err
		}
		if pauses.Wait(ctx) != nil {
			return 0, err
		}
	}
}

// takeOverAttempts bounds how often a takeover that met another takeover is tried again.
const takeOverAttempts = 10

// isRivalry reports whether somebody else has made, or is just removing, the same
// consumer.
func isRivalry(err error) bool {
	var api *js.APIError
	return errors.Is(err, js.ErrConsumerExists) || errors.As(err, &api) && api.ErrorCode == codeConsumerCreate
}
