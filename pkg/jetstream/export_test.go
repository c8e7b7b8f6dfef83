package jetstream

import (
	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// TimersGivenUp is closed when the session of partition 0 hands on timers no more.
func TimersGivenUp(s hub.Session) <-chan struct{} { return s.(*partitionSession).timers.done }

// DeadLetter is what the hub would put among the dead letters.
func DeadLetter(h *Hub, m *nats.Msg, reason string) *nats.Msg {
	return h.codec.DeadLetter(wire.Delivered{Msg: m}, reason, h.limits())
}
