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
	// comes with the error is that of the instance that was started then.
	ErrAlreadyStarted = errors.New("already started")
	// ErrIdempotencyKeyUsed: another start has used the key, with another orchestrator or
	// input.
	ErrIdempotencyKeyUsed = errors.New("idempotency key was used before, for something else")
)

// startedTag is the tag that remembers which start has made an instance.
const startedTag = "idempotency"

// WithIdempotencyKey makes the start idempotent. The key has 1 to 512 bytes and no control
// character. A start that is repeated with the same key, orchestrator and input starts nothing
// and returns [ErrAlreadyStarted] for as long as the instance is there, live or ended. With
// another orchestrator or input it returns [ErrIdempotencyKeyUsed]. Without [WithInstanceID]
// the instance has an id that is made of the key.
//
// The instance remembers hashes of key and input in the tag "idempotency". The option goes
// neither with [TerminateLive] nor with [Client.StartWithEvent], whose event has an id of its
// own.
func WithIdempotencyKey(key string) StartOption {
	return func(o *startOptions) { o.key = &key }
}

// idempotency has the hashes by which the instance of a start is recognized: of the key, and
// of orchestrator and input.
type idempotency struct{ key, request string }

// makeIdempotent adds the tag by which the instance is recognized.
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

// check returns ErrAlreadyStarted if the same start has made the instance, and
// ErrIdempotencyKeyUsed if another start with the same key has.
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
