package main

import (
	"errors"
	"strings"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// refusals are the errors of several instances. The exit code is that of the first.
type refusals []error

func (r refusals) Error() string {
	texts := make([]string, len(r))
	for i, err := range r {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (r refusals) Unwrap() error { return r[0] }

// eachID calls do for each id. An error about one instance does not keep the others back; any
// other error ends the loop.
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

// isRefusal reports whether an error is about one instance only.
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
