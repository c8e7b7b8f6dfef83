package client

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// token says where a listing goes on, and which listing that is.
func (c *Client) token(f Filter, cursor uint64) string {
	place := strconv.FormatUint(cursor, 36)
	return place + "-" + c.tokenCheck(f, place)
}

// cursor is the inverse of token.
func (c *Client) cursor(f Filter) (uint64, error) {
	if f.Token == "" {
		return 0, nil
	}
	place, check, _ := strings.Cut(f.Token, "-")
	cursor, err := strconv.ParseUint(place, 36, 64)
	if err != nil || check != c.tokenCheck(f, place) {
		return 0, fmt.Errorf("%w: %q is not from this list; begin again without one", ErrInvalidToken, f.Token)
	}
	return cursor, nil
}

// tokenCheck tells the tokens of one hub and filter from all others. It keeps out mistakes,
// not people: a token gives no rights. The filter's times are left out: who asks for the last
// two hours gives other times with each page.
func (c *Client) tokenCheck(f Filter, place string) string {
	texts := []string{c.hub.Identity(), place, f.Name, f.IDPrefix}
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
