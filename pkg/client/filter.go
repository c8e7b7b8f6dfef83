package client

import (
	"slices"
	"strings"
	"time"
)

// Filter chooses instances. The zero Filter chooses all.
type Filter struct {
	// Status has the statuses of which the instance must have one; none for all.
	Status []Status
	// Name of the orchestrator, empty for all.
	Name string
	// IDPrefix is the beginning of the ids.
	IDPrefix string
	// CreatedFrom and CreatedTo bound the time of the start, both included; zero for no
	// bound.
	CreatedFrom time.Time
	CreatedTo   time.Time
	// UpdatedFrom and UpdatedTo bound the time of the last change in the same way.
	UpdatedFrom time.Time
	UpdatedTo   time.Time
	// Tags are those that the instance must have, all of them.
	Tags Tags
	// Limit is how many instances a page has at most, 0 for DefaultLimit.
	Limit int
	// Token is the Next or Later of the page before, empty for the first page.
	Token string
}

// chooses reports whether the filter chooses the instance.
func (f Filter) chooses(s Summary) bool {
	switch {
	case !s.Status.IsInstance():
	case len(f.Status) > 0 && !slices.Contains(f.Status, s.Status):
	case f.Name != "" && f.Name != s.Name:
	case !strings.HasPrefix(s.Instance, f.IDPrefix):
	case !isWithin(s.Created, f.CreatedFrom, f.CreatedTo):
	case !isWithin(s.Updated, f.UpdatedFrom, f.UpdatedTo):
	default:
		return s.Tags.Has(f.Tags)
	}
	return false
}

// orderSlack is by how much the times of changes may be out of order: the clocks of several
// servers differ.
const orderSlack = time.Minute

// isBehind reports whether the filter chooses neither this instance nor any that follows it
// in the order of the last changes.
func (f Filter) isBehind(s Summary) bool {
	return !f.UpdatedTo.IsZero() && s.Updated.After(f.UpdatedTo.Add(orderSlack))
}

func isWithin(t, from, to time.Time) bool {
	return (from.IsZero() || !t.Before(from)) && (to.IsZero() || !t.After(to))
}
