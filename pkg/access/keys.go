package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
)

// Keys are the keys that an API lets in.
type Keys struct {
	keys   []Key
	hashes [][sha256.Size]byte
	// warnings tell the risks of the keys.
	warnings []string
}

// Warnings returns the risks of the keys and of the file that they were read from, in words
// for the person who runs the program. No warning holds a secret.
func (k *Keys) Warnings() []string {
	if k == nil {
		return nil
	}
	return slices.Clone(k.warnings)
}

// NewKeys returns keys. It returns an error if there are none, one is not valid, or
// two have the same name or secret.
func NewKeys(keys ...Key) (*Keys, error) {
	if len(keys) == 0 {
		return nil, errors.New("there are no keys")
	}
	k := &Keys{keys: slices.Clone(keys)}
	names, secrets := map[string]bool{}, map[string]bool{}
	for i := range keys {
		key := &keys[i]
		if err := key.check(); err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		if names[key.Name] || secrets[key.Secret] {
			return nil, fmt.Errorf("key %d is there twice, or its name is", i+1)
		}
		if len(key.Secret) < ShortestSigning {
			k.warnings = append(k.warnings, fmt.Sprintf("the key %s has fewer than %d characters: it can be guessed", key.Name, ShortestSigning))
		}
		names[key.Name], secrets[key.Secret] = true, true
		k.hashes = append(k.hashes, sha256.Sum256([]byte(key.Secret)))
	}
	return k, nil
}

// Find returns the key with that secret, nil for none. It compares hashes of all keys in
// constant time, so it takes the same time for every secret.
func (k *Keys) Find(secret string) *Key {
	hash := sha256.Sum256([]byte(secret))
	found := -1
	for i := range k.hashes {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(k.hashes[i][:], hash[:]), i, found)
	}
	if found < 0 {
		return nil
	}
	return &k.keys[found]
}

// Named returns the key of that name, nil for none.
func (k *Keys) Named(name string) *Key {
	if k == nil {
		return nil
	}
	i := slices.IndexFunc(k.keys, func(key Key) bool { return key.Name == name })
	if i < 0 {
		return nil
	}
	return &k.keys[i]
}
