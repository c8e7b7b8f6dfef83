package access

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// String returns the name.
func (k Key) String() string { return k.Name }

// Format prints the name, whatever the verb: no secret is ever printed.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.Name) }

// LogValue returns the name, for logs.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.Name) }

// MarshalText returns the name, so that JSON holds no secret either.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.Name), nil }

// String returns the names.
func (k Keys) String() string {
	names := make([]string, len(k.keys))
	for i := range k.keys {
		names[i] = k.keys[i].Name
	}
	return strings.Join(names, ",")
}

// Format prints the names, whatever the verb.
func (k Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue returns the names, for logs.
func (k Keys) LogValue() slog.Value { return slog.StringValue(k.String()) }
