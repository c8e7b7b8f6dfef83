package access

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	// redacted replaces a key in a text.
	redacted = "xxxxx"
	// telling is from how many characters on the beginning of a key is replaced too. Messages
	// are cut short, and the keys in them.
	telling = 8
)

// Redactor removes keys from texts.
type Redactor struct {
	// spellings are the texts to remove, by their first byte.
	spellings [256][]string
}

// Redactor returns a redactor for these keys. Keys may be nil.
func (k *Keys) Redactor() *Redactor {
	r := &Redactor{}
	if k == nil {
		return r
	}
	for i := range k.keys {
		for _, spelling := range spell(k.keys[i].Secret) {
			r.spellings[spelling[0]] = append(r.spellings[spelling[0]], spelling)
		}
	}
	return r
}

// Replace returns the text without keys, in each spelling that a URL or a quoted string has
// for them. It also removes the beginnings of keys, from 8 characters on.
func (r *Redactor) Replace(text string) string {
	var b strings.Builder
	said := 0 // what of the text stands in b
	for i := 0; i < len(text); i++ {
		n := r.match(text[i:])
		if n == 0 {
			continue
		}
		b.WriteString(text[said:i])
		b.WriteString(redacted)
		said = i + n
		i = said - 1
	}
	if said == 0 {
		return text
	}
	b.WriteString(text[said:])
	return b.String()
}

// match returns how many bytes at the beginning of a text must be removed. If several keys
// match it is the most.
func (r *Redactor) match(text string) int {
	most := 0
	for _, spelling := range r.spellings[text[0]] {
		n := 1
		for n < min(len(text), len(spelling)) && text[n] == spelling[n] {
			n++
		}
		if n == len(spelling) || n >= telling {
			most = max(most, n)
		}
	}
	return most
}

// spell returns the spellings that a text may have for a secret.
func spell(secret string) []string {
	quoted := strconv.Quote(secret)
	// A "+" that was not encoded in a query is a space.
	spellings := []string{secret, quoted[1 : len(quoted)-1], strings.ReplaceAll(secret, "+", " ")}
	for _, e := range []string{url.QueryEscape(secret), url.PathEscape(secret)} {
		spellings = append(spellings, e, lowerEscapes(e))
	}
	slices.Sort(spellings)
	return slices.Compact(spellings)
}

// lowerEscapes writes the digits of percent-encodings in lower case, as some programs do.
func lowerEscapes(text string) string {
	b := []byte(text)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
			i += 2
		}
	}
	return string(b)
}
