package client

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// tokens writes and reads the page tokens of one hub.
type tokens struct{ hubIdentity string }

// token returns the token of the place in a listing from which the next page goes on.
func (t tokens) token(f Filter, cursor uint64) string {
	place := strconv.FormatUint(cursor, 36)
	return place + "-" + t.check(f, place)
}

// parse returns the place that the filter's token stands for, 0 for no token.
func (t tokens) parse(f Filter) (uint64, error) {
	if f.Token == "" {
		return 0, nil
	}
	place, check, _ := strings.Cut(f.Token, "-")
	cursor, err := strconv.ParseUint(place, 36, 64)
	if err != nil || check != t.check(f, place) {
		return 0, fmt.Errorf("%w: %q is not from this list; begin again without one", ErrInvalidToken, f.Token)
	}
	return cursor, nil
}

// check returns a hash that differs for each hub and filter. It protects against mistakes,
// not against people: a token gives no rights. The filter's times are left out, since a
// caller that lists the last two hours gives other times with each page.
func (t tokens) check(f Filter, place string) string {
	texts := []string{t.hubIdentity, place, f.Name, f.IDPrefix}
	var statuses []string
	for _, status := range f.Status {
		statuses = append(statuses, status.String())
	}
	slices.Sort(statuses)
	texts = append(texts, strings.Join(slices.Compact(statuses), ","))
	for _, key := range slices.Sorted(maps.Keys(f.Tags)) {
		texts = append(texts, key, f.Tags[key])
	}
	return digest(texts...)[:12]
}
