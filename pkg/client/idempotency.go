package client

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// Conditions of a start with [WithIdempotencyKey].
var (
	// ErrAlreadyStarted: the same start, with the same key, was made before. The id that
	// is returned beside it is that of the instance that it started.
	ErrAlreadyStarted = errors.New("already started")
	// ErrIdempotencyKeyUsed: the key is that of a start of something else.
	ErrIdempotencyKeyUsed = errors.New("idempotency key was used before, for something else")
)

// startedTag is the tag that remembers by which start an instance came to be.
const startedTag = "idempotency"

// WithIdempotencyKey makes the start idempotent: 1 to 512 bytes, none of them of a
// control character. Made again with the same key, orchestrator and input, it starts
// nothing and returns [ErrAlreadyStarted] for as long as the instance is there, live or
// ended; with another orchestrator or input it returns [ErrIdempotencyKeyUsed]. Without
// [WithInstanceID] the instance has an id that is made of the key.
//
// The instance remembers hashes of key and input in the tag "idempotency". It goes
// neither with [TerminateLive] nor with [Client.StartWithEvent], whose event has an id
// of its own.
func WithIdempotencyKey(key string) StartOption {
	return func(o *startOptions) { o.key = &key }
}

// idempotency is how the instance of a start is known again.
type idempotency struct{ key, request string }

// makeIdempotent lets the instance be known again by the key.
func (l *launch) makeIdempotent(key string) error {
	if err := ident.CheckEvent(key); err != nil {
		return fmt.Errorf("idempotency key: %w", err)
	}
	if l.reuse == TerminateLive {
		return fmt.Errorf("%w: an idempotency key and the policy %q do not go together", ErrInvalidOption, l.reuse)
	}
	l.once = &idempotency{digest(key), digest(l.name, string(l.input))}
	if l.id == "" {
		l.id = "idem-" + l.once.key
	}
	l.tags = maps.Clone(l.tags)
	if l.tags == nil {
		l.tags = Tags{}
	}
	l.tags[startedTag] = l.once.key + "." + l.once.request
	return nil
}

// check returns an error if the instance is there by the same start, or by another with
// the same key.
func (i *idempotency) check(v *record.InstanceRecord) error {
	if i == nil {
		return nil
	}
	key, request, _ := strings.Cut(v.Tags[startedTag], ".")
	switch {
	case key != i.key:
		return nil
	case request != i.request:
		return ErrIdempotencyKeyUsed
	}
	return ErrAlreadyStarted
}

// digest returns a short hash of texts, in characters that an id can have.
func digest(texts ...string) string {
	hash := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(hash, "%d:%s,", len(text), text)
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(hash.Sum(nil))[:26])
}
