package ident

import "fmt"

// MaxToken is how many bytes an instance id may take in a subject: A-Z a-z 0-9 _ - take
// one, every other byte takes three. Any legal name fits in, and an instance id of 256
// characters unless more than half of them take three bytes. A subject with two such
// tokens stays below the 4,096 bytes of a NATS protocol line.
const MaxToken = 1536

// CheckAddress returns an error wrapping [ErrInvalidName] unless messages can be sent to
// an instance of that id: it must be legal, and fit into a subject.
func CheckAddress(id string) error {
	if err := CheckInstance(id); err != nil {
		return err
	}
	size := 0
	for i := range len(id) {
		if IsPlain(id[i]) {
			size++
		} else {
			size += 3
		}
	}
	if size > MaxToken {
		return fmt.Errorf("%w: instance id is too long: it takes %d bytes on the wire, the limit is %d", ErrInvalidName, size, MaxToken)
	}
	return nil
}

// IsPlain reports whether a byte of an id or a name stands for itself in a subject.
func IsPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}
