package history

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dormouse-dev/dormouse/internal/ident"
)

// Tags label an instance. They are set when it is started.
type Tags map[string]string

// Limits of tags.
const (
	MaxTags     = 32
	MaxTagKey   = 64
	MaxTagValue = 256
)

// Check returns an error wrapping client.ErrInvalidName unless there are at most 32 tags, with
// keys of 1 to 64 and values of at most 256 characters, no control characters, and no "=" in a
// key.
func (t Tags) Check() error {
	if len(t) > MaxTags {
		return fmt.Errorf("%w: %d tags, at most %d are allowed", ident.ErrInvalidName, len(t), MaxTags)
	}
	for _, key := range t.Keys() {
		if err := ident.Check("tag", key, MaxTagKey, "="); err != nil {
			return err
		}
		value := t[key]
		switch {
		case !utf8.ValidString(value):
			return fmt.Errorf("%w: value of tag %q is not valid UTF-8", ident.ErrInvalidName, key)
		case utf8.RuneCountInString(value) > MaxTagValue:
			return fmt.Errorf("%w: value of tag %q is longer than %d characters", ident.ErrInvalidName, key, MaxTagValue)
		case strings.ContainsFunc(value, unicode.IsControl):
			return fmt.Errorf("%w: value of tag %q must not contain control characters", ident.ErrInvalidName, key)
		}
	}
	return nil
}

// Keys returns the keys, sorted.
func (t Tags) Keys() []string { return slices.Sorted(maps.Keys(t)) }

// Has reports whether all wanted tags are there, with the wanted values.
func (t Tags) Has(wanted Tags) bool {
	for key, value := range wanted {
		if got, ok := t[key]; !ok || got != value {
			return false
		}
	}
	return true
}
