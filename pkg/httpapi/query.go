package httpapi

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// query has the parameters of a request by their names in lower case: names match in any case,
// as in Durable Functions.
type query map[string][]string

// parseQuery reads a query. A ";" is an ordinary character.
func parseQuery(text string) (query, error) {
	q := query{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return q, problemf(http.StatusBadRequest, "the query is not properly percent-encoded")
		}
		name = strings.ToLower(name)
		q[name] = append(q[name], value)
	}
	return q, nil
}

// only returns the parameters that have one of the names.
func (q query) only(names []string) query {
	some := query{}
	for _, name := range names {
		name = strings.ToLower(name)
		if values, given := q[name]; given {
			some[name] = values
		}
	}
	return some
}

// all returns the values of a parameter.
func (q query) all(name string) []string { return q[strings.ToLower(name)] }

// text returns the first value of a parameter that is not empty; empty if there is none.
func (q query) text(name string) string {
	for _, value := range q.all(name) {
		if value != "" {
			return value
		}
	}
	return ""
}

// flag returns the value of a parameter that is true or false.
func (q query) flag(name string, otherwise bool) (bool, error) {
	text := q.text(name)
	if text == "" {
		return otherwise, nil
	}
	value, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return false, badParameter(name, text, "use true or false")
	}
	return value, nil
}

// number returns the value of a parameter that is a whole number of at least 1, 0 if it is not
// there.
func (q query) number(name string) (int, error) {
	text := q.text(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, badParameter(name, text, "use a whole number, 1 or more")
	}
	return n, nil
}

// seconds returns the value of a parameter that is a time in seconds, such as 10 or 0.5, and
// whether it is there.
func (q query) seconds(name string) (time.Duration, bool, error) {
	text := q.text(name)
	if text == "" {
		return 0, false, nil
	}
	s, err := strconv.ParseFloat(text, 64)
	const most = 365 * 24 * 3600
	if err != nil || !(s >= 0 && s <= most) {
		return 0, false, badParameter(name, text, "use a number of seconds, such as 10")
	}
	return time.Duration(s * float64(time.Second)), true, nil
}

// time returns the value of a parameter that is a time, the zero time if it is not there. A
// time without a zone is in UTC.
func (q query) time(name string) (time.Time, error) {
	text := q.text(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, ok := parseTime(text, time.Now())
	if !ok {
		return time.Time{}, badParameter(name, text, "use a time such as 2006-01-02T15:04:05Z")
	}
	return t, nil
}

func badParameter(name, value, advice string) error {
	return problemf(http.StatusBadRequest, "%s=%q: %s", name, clip(value), advice)
}

func clip(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// values returns all parameters; their names are in lower case.
func (q query) values() url.Values { return url.Values(q) }
