// Package ident checks the names that people give: ids of instances and events, names of
// orchestrators, activities, events and tags, and says how they are compared.
package ident

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of names, in characters.
const (
	MaxInstanceID = 256
	MaxName       = 128
)

// MaxEventID is the longest event id, in bytes.
const MaxEventID = 512

// ErrInvalidName is wrapped by every complaint about an id or a name.
var ErrInvalidName = errors.New("invalid name")

// CheckInstance returns an error wrapping [ErrInvalidName] unless id is a legal
// instance id: 1 to 256 characters, not beginning with "@", with none of / \ # ?
// and no control characters.
func CheckInstance(id string) error {
	if strings.HasPrefix(id, "@") {
		return fmt.Errorf("%w: instance id %q must not begin with \"@\"", ErrInvalidName, clip(id))
	}
	return Check("instance id", id, MaxInstanceID, `/\#?`)
}

// CheckName returns an error wrapping [ErrInvalidName] unless name can name an
// orchestrator, an activity or an external event: 1 to 128 characters, none of
// them a control character. What is the thing's kind, for the message.
func CheckName(what, name string) error {
	return Check(what, name, MaxName, "")
}

// CheckEvent returns an error wrapping [ErrInvalidName] unless id can make an
// event idempotent: 1 to 512 bytes of UTF-8, none of them of a control character,
// and no space at either end, which it would lose in a header.
func CheckEvent(id string) error {
	if len(id) > MaxEventID {
		return fmt.Errorf("%w: event id %q… is longer than %d bytes", ErrInvalidName, clip(id), MaxEventID)
	}
	if err := Check("event id", id, MaxEventID, ""); err != nil {
		return err
	}
	if strings.TrimSpace(id) != id {
		return fmt.Errorf("%w: event id %q must not begin or end with a space", ErrInvalidName, clip(id))
	}
	return nil
}

// Check returns an error wrapping [ErrInvalidName] unless a name has 1 to limit characters,
// none of them a control character or one of those that are forbidden.
func Check(what, name string, limit int, forbidden string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: %s is empty", ErrInvalidName, what)
	case !utf8.ValidString(name):
		return fmt.Errorf("%w: %s %q is not valid UTF-8", ErrInvalidName, what, clip(name))
	case utf8.RuneCountInString(name) > limit:
		return fmt.Errorf("%w: %s %q… is longer than %d characters", ErrInvalidName, what, clip(name), limit)
	}
	for _, r := range name {
		if unicode.IsControl(r) || strings.ContainsRune(forbidden, r) {
			return fmt.Errorf("%w: %s %q must not contain %q", ErrInvalidName, what, clip(name), r)
		}
	}
	return nil
}

// Fold returns the form in which event names are compared: without regard to
// case.
func Fold(name string) string { return strings.ToLower(name) }

func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// Cut returns the beginning of a text, at most size bytes of it, cut between characters.
func Cut(text string, size int) string {
	if len(text) <= size {
		return text
	}
	return strings.ToValidUTF8(text[:max(0, size)], "")
}
