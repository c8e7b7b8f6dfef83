package cli

import (
	"os"

	"github.com/spf13/pflag"

	"github.com/dormouse-dev/dormouse/pkg/access"
)

// KeysVariable is the environment variable that holds the keys of the HTTP API.
const KeysVariable = "DORMOUSE_HTTP_KEYS"

// KeysFlag says where the keys of the HTTP API are.
type KeysFlag struct {
	file  string
	given func() bool
}

// AddFlag adds the flag --http-keys.
func (k *KeysFlag) AddFlag(flags *pflag.FlagSet) {
	flags.StringVar(&k.file, "http-keys", "", "file with the keys of the HTTP API (env "+KeysVariable+": the keys themselves)")
	k.given = func() bool { return flags.Changed("http-keys") }
}

// Read returns the keys in the file or, if the flag names none, in the variable; nil if there
// is neither. An empty name of a file is an error, since it is most likely a variable that a
// script forgot to fill.
func (k *KeysFlag) Read() (*access.Keys, error) {
	text := os.Getenv(KeysVariable)
	switch {
	case k.file != "":
		keys, err := access.ReadKeys(k.file)
		if err != nil {
			return nil, Usagef("keys of the HTTP API: %w", err)
		}
		return keys, nil
	case k.given():
		return nil, Usagef("--http-keys is empty: name a file, or leave it out")
	case text != "":
		keys, err := access.ParseKeys(text)
		if err != nil {
			return nil, Usagef("keys of the HTTP API in %s: %w", KeysVariable, err)
		}
		return keys, nil
	}
	return nil, nil
}
