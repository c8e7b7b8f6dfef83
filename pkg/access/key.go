package access

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Key is a name and a secret. A caller that presents the secret may do what the scope says.
type Key struct {
	// Name is the name of the key in the access log: 1 to 64 letters, digits, ".", "_", "-".
	Name string
	// Secret is the text that the caller presents: 3 to 256 printable ASCII characters, no
	// space, ";" or "#".
	Secret string
	// Scope says what the key allows.
	Scope Scope
	// Hubs are the hubs that the key is good for; all if empty.
	Hubs []string
}

// IsFor reports whether the key is good for a hub.
func (k *Key) IsFor(hub string) bool { return len(k.Hubs) == 0 || slices.Contains(k.Hubs, hub) }

var (
	validKeyName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	validSecret  = regexp.MustCompile(`^[[:graph:]]{3,256}$`)
)

func (k *Key) check() error {
	switch {
	case !validKeyName.MatchString(k.Name):
		return errors.New("the name of a key has 1 to 64 letters, digits, dots, underscores and hyphens")
	case !validSecret.MatchString(k.Secret) || strings.ContainsAny(k.Secret, ";#"):
		return errors.New("a key has 3 to 256 printable ASCII characters, without spaces, semicolons and hashes")
	case k.Scope == 0 || !ScopeAll.Has(k.Scope):
		return errors.New("a key needs a scope")
	}
	return nil
}
