package record

import (
	"errors"
	"fmt"
)

// MaxKept is how many events are kept for one id at most.
const MaxKept = 1000

// ErrKeptFull: as many events are kept for the id as there is room for.
var ErrKeptFull = errors.New("no more events can be kept for this id")

// keptBeside is what a new instance may take beside its input, its history and the
// events that are kept for it: tags, parent, names.
const keptBeside = 8 << 10

// CheckKeep returns an error wrapping [ErrKeptFull] if there is no room to keep one more
// event beside those that v keeps: more than [MaxKept], or more than a value can hold
// together with what v is, or with an instance that is to come and its input. The sizes
// are those of the hub; 0 is any.
func (v *InstanceRecord) CheckKeep(e Event, maxValue, maxPayload int) error {
	if len(v.Kept) >= MaxKept {
		return fmt.Errorf("%w: there are %d", ErrKeptFull, len(v.Kept))
	}
	kept, more := sizeOf(v.Kept), sizeOf([]Event{e})
	beside := max(v.Beside()-kept, maxPayload+keptBeside)
	if room := maxValue - beside - SealAt; maxValue > 0 && kept+more > room {
		return fmt.Errorf("%w: %d of them have %d bytes, there is room for %d, and this one needs %d", ErrKeptFull, len(v.Kept), kept, max(0, room), more)
	}
	return nil
}
