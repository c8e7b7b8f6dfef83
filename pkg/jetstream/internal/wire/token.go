package wire

import (
	"fmt"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/ident"
)

const upperHex = "0123456789ABCDEF"

// EncodeToken writes an id or a name as one token of a subject: the bytes A-Z a-z 0-9 _ -
// stand for themselves, each other byte for "=" and two upper-case hexadecimal digits. It
// returns an error wrapping [ident.ErrInvalidName] for the empty string and for a text whose
// token would be longer than 1,536 bytes. Kind says in the error which thing has the name.
func EncodeToken(kind, s string) (string, error) {
	others := 0
	for i := range len(s) {
		if !ident.IsPlain(s[i]) {
			others++
		}
	}
	switch size := len(s) + 2*others; {
	case size == 0:
		return "", fmt.Errorf("%w: %s is empty", ident.ErrInvalidName, kind)
	case size > ident.MaxToken:
		return "", fmt.Errorf("%w: %s is too long: encoded as a subject token it has %d bytes, the limit is %d", ident.ErrInvalidName, kind, size, ident.MaxToken)
	case others == 0:
		return s, nil
	default:
		return escape(s, size), nil
	}
}

func escape(s string, size int) string {
	var b strings.Builder
	b.Grow(size)
	for i := range len(s) {
		c := s[i]
		if ident.IsPlain(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('=')
		b.WriteByte(upperHex[c>>4])
		b.WriteByte(upperHex[c&15])
	}
	return b.String()
}

// DecodeToken is the inverse of [EncodeToken]. It refuses every other spelling of a token:
// partitions are chosen by the token's bytes, so an instance must have only one token.
func DecodeToken(token string) (string, error) {
	if token == "" || len(token) > ident.MaxToken {
		return "", fmt.Errorf("%w: token of %d bytes", ident.ErrInvalidName, len(token))
	}
	if strings.IndexByte(token, '=') < 0 && isPlainString(token) {
		return token, nil
	}
	decoded := make([]byte, 0, len(token))
	for i := 0; i < len(token); i++ {
		c := token[i]
		if c == '=' {
			var ok bool
			if c, ok = unescape(token[i:]); !ok {
				return "", fmt.Errorf("%w: token %q is not encoded canonically", ident.ErrInvalidName, token)
			}
			i += 2
		} else if !ident.IsPlain(c) {
			return "", fmt.Errorf("%w: token %q has an unencoded %q", ident.ErrInvalidName, token, c)
		}
		decoded = append(decoded, c)
	}
	return string(decoded), nil
}

// unescape reads the "=XX" that s begins with.
func unescape(s string) (byte, bool) {
	if len(s) < 3 {
		return 0, false
	}
	high, low := strings.IndexByte(upperHex, s[1]), strings.IndexByte(upperHex, s[2])
	if high < 0 || low < 0 {
		return 0, false
	}
	c := byte(high<<4 | low)
	return c, !ident.IsPlain(c)
}

func isPlainString(s string) bool {
	for i := range len(s) {
		if !ident.IsPlain(s[i]) {
			return false
		}
	}
	return true
}
