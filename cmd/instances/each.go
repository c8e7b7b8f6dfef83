package main

import (
	"errors"
	"strings"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// refusals are what was said of the instances that refused. They exit as the first
// of them would.
type refusals []error

func (r refusals) Error() string {
	texts := make([]string, len(r))
	for i, err := range r {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (r refusals) Unwrap() error { return r[0] }

// eachID calls do for each id. One that is refused does not keep the others back;
// what would befall them as well does.
func eachID(ids []string, do func(id string) error) error {
	var all refusals
	for _, id := range ids {
		err := do(id)
		if err != nil {
			all = append(all, err)
		}
		if err != nil && !isRefusal(err) {
			break
		}
	}
	if all == nil {
		return nil
	}
	return all
}

// isRefusal reports whether an error is of one instance only.
func isRefusal(err error) bool {
	for _, refusal := range []error{
		client.ErrInstanceNotFound, client.ErrInstanceEnded, client.ErrInstanceLive,
		client.ErrInstanceNotFailed, client.ErrNotRewindable, client.ErrInstanceUnsettled,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}
