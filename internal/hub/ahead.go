package hub

import (
	"errors"
	"fmt"
	"time"
)

// How far ahead a message may ask for something. What waits that long stays in the hub
// for as long, and anybody with the right to one verb can ask for it.
const (
	// MaxStartAhead is how far ahead a delayed start may lie: ten years.
	MaxStartAhead = 3653 * 24 * time.Hour
	// MaxKeepAhead is for how long an event may be kept for an instance to come: a
	// year, be it a leap year.
	MaxKeepAhead = 366 * 24 * time.Hour
)

// ErrTooFarAhead is returned for a delayed start or a kept event that lies further
// ahead than the hub takes.
var ErrTooFarAhead = errors.New("too far ahead")

// CheckAhead returns an error wrapping [ErrTooFarAhead] if the message asks for a start
// later than [MaxStartAhead] from now, or to be kept for longer than [MaxKeepAhead].
func (m Message) CheckAhead(now time.Time) error {
	switch {
	case m.Verb == VerbStart && m.StartAt.After(now.Add(MaxStartAhead)):
		return fmt.Errorf("%w: a start at %s; it may be delayed by %d days", ErrTooFarAhead, m.StartAt.Format(time.RFC3339), days(MaxStartAhead))
	case m.Verb == VerbRaise && m.KeepUntil.After(now.Add(MaxKeepAhead)):
		return fmt.Errorf("%w: an event to be kept until %s; it may be kept for %d days", ErrTooFarAhead, m.KeepUntil.Format(time.RFC3339), days(MaxKeepAhead))
	}
	return nil
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }
