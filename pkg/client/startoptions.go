package client

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
)

// IDReuse says what a start does if its id is in use already.
type IDReuse uint8

// The policies for an id that is in use.
const (
	// RefuseLive refuses the id of a live instance and replaces one that has ended. It is
	// the default, unless the hub never uses an id again: see [Settings.SetIDReuse].
	RefuseLive IDReuse = iota
	// NeverReuse refuses the id of any instance, live or ended. The id of an instance that
	// was purged is free again.
	NeverReuse
	// TerminateLive ends a live instance and its children, and starts the new one in its
	// place, in one step.
	TerminateLive
)

var reuseNames = [...]string{RefuseLive: "refuse", NeverReuse: "never", TerminateLive: "terminate"}

// String returns the policy as the commands write it.
func (r IDReuse) String() string {
	if int(r) < len(reuseNames) {
		return reuseNames[r]
	}
	return fmt.Sprintf("IDReuse(%d)", uint8(r))
}

// ParseIDReuse is the inverse of [IDReuse.String].
func ParseIDReuse(name string) (IDReuse, error) {
	for r, n := range reuseNames {
		if n == name {
			return IDReuse(r), nil
		}
	}
	return 0, fmt.Errorf("unknown policy %q: use one of %s", name, strings.Join(reuseNames[:], ", "))
}

// StartOption is an option of [Client.Start] and [Client.StartWithEvent].
type StartOption func(*startOptions)

type startOptions struct {
	instance string
	tags     Tags
	at       time.Time
	after    time.Duration
	version  string
	reuse    IDReuse
	eventID  string
	key      *string
}

// WithInstanceID gives the new instance its id: 1 to 256 characters, not beginning with "@",
// none of them / \ # ? or a control character; empty for a random one. The id of an instance
// that has ended may be used again, and its history is then replaced; [WithIDReuse] sets
// other rules. So a start that is repeated with the same id may start a second instance:
// [WithIdempotencyKey] prevents that.
func WithInstanceID(id string) StartOption {
	return func(o *startOptions) { o.instance = id }
}

// WithTags labels the new instance; a [Filter] can choose instances by their tags. There may
// be 32 tags, with keys of 1 to 64 characters without "=", and values of at most 256
// characters. The tags of several WithTags add up.
func WithTags(tags map[string]string) StartOption {
	return func(o *startOptions) {
		if o.tags == nil {
			o.tags = Tags{}
		}
		maps.Copy(o.tags, tags)
	}
}

// WithStartAt lets the instance start at that time. Until then it is [Pending], and keeps the
// events that are raised on it. A time that has passed starts it at once. A time that is more
// than 3,653 days (ten years) away is refused with [ErrTooFarAhead].
func WithStartAt(at time.Time) StartOption {
	return func(o *startOptions) { o.at, o.after = at, 0 }
}

// WithStartAfter is [WithStartAt] for a time that is d from now, by the hub's clock: see
// [Client.Now].
func WithStartAfter(d time.Duration) StartOption {
	return func(o *startOptions) { o.at, o.after = time.Time{}, d }
}

// WithOrchestratorVersion chooses the version of the orchestrator's code; without it the
// instance runs the newest. If no worker has the version, the instance is blocked until one
// has it.
func WithOrchestratorVersion(version string) StartOption {
	return func(o *startOptions) { o.version = version }
}

// WithIDReuse sets the policy for an id that is in use; without it that is [RefuseLive].
func WithIDReuse(policy IDReuse) StartOption {
	return func(o *startOptions) { o.reuse = policy }
}

// WithStartEventID gives the event of [Client.StartWithEvent] an id, as [WithEventID] does for
// Raise. [Client.Start] has no event and ignores it.
func WithStartEventID(id string) StartOption {
	return func(o *startOptions) { o.eventID = id }
}

// newLaunch returns the launch that the options ask for, and an error if it is not valid.
func newLaunch(name string, input []byte, now time.Time, opts []StartOption) (*launch, error) {
	var o startOptions
	for _, opt := range opts {
		opt(&o)
	}
	l := &launch{id: o.instance, name: name, input: input, tags: o.tags, version: o.version, at: o.at, reuse: o.reuse, eventID: o.eventID}
	if o.key != nil {
		if err := l.makeIdempotent(*o.key); err != nil {
			return nil, err
		}
	}
	if l.id == "" {
		l.id = randomID()
	}
	if o.after > 0 {
		l.at = now.Add(o.after)
	}
	if !l.at.IsZero() {
		l.at = l.at.UTC()
	}
	return l, l.check()
}

func randomID() string { return strings.ToLower(rand.Text()) }

func (l *launch) check() error {
	err := errors.Join(
		ident.CheckName("orchestrator name", l.name),
		ident.CheckInstance(l.id),
		l.tags.Check(),
	)
	if l.version != "" {
		err = errors.Join(err, ident.CheckName("orchestrator version", l.version))
	}
	if l.eventID != "" {
		err = errors.Join(err, ident.CheckEvent(l.eventID))
	}
	if l.reuse > TerminateLive {
		err = errors.Join(err, fmt.Errorf("%w: %s is no policy", ErrInvalidOption, l.reuse))
	}
	return err
}
