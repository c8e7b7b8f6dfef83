package client

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// DefaultLimit is how many instances a page has at most where nothing is said.
const DefaultLimit = 100

// Summary is what a listing shows of an instance.
type Summary = history.Summary

// Filter chooses instances. The zero Filter chooses all.
type Filter struct {
	// Status: any of these; none for all.
	Status []Status
	// Name of the orchestrator, empty for all.
	Name string
	// IDPrefix is what the id begins with.
	IDPrefix string
	// CreatedFrom and CreatedTo bound when the instance was started, both
	// included; zero for no bound.
	CreatedFrom time.Time
	CreatedTo   time.Time
	// UpdatedFrom and UpdatedTo bound when it last changed, in the same way.
	UpdatedFrom time.Time
	UpdatedTo   time.Time
	// Tags that the instance must have, all of them.
	Tags Tags
	// Limit of a page, 0 for DefaultLimit.
	Limit int
	// Token is the Next or Later of the page before, empty for the first page.
	Token string
}

// Page is a part of a listing.
type Page struct {
	Instances []Summary
	// Next is the Token of the next page, empty if this is the last.
	Next string
	// Later is the Token of what comes after this page, be it there already or yet
	// to happen: a page asked for with it later has what has changed since.
	Later string
}

// List returns a page of the instances that the filter chooses, in the order of
// their last change, oldest first. An instance that changes between two pages
// moves to the end, so it may show up twice, but none is left out. A page costs
// the reading of all instances before it that the filter does not choose; what has changed
// after the filter's UpdatedTo is not read. It
// returns [ErrInvalidToken] for a token that it did not give out, or gave out for
// another hub or another filter; the Limit and the times may differ.
func (c *Client) List(ctx context.Context, f Filter) (Page, error) {
	var page Page
	cursor, err := c.cursor(f)
	if err != nil {
		return page, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	err = c.hub.Scan(ctx, cursor, func(s Summary) bool {
		if f.isBehind(s) {
			return false
		}
		chosen := f.chooses(s)
		if chosen && len(page.Instances) == limit {
			cursor, page.Next = s.Revision, c.token(f, s.Revision)
			return false
		}
		cursor = s.Revision + 1
		if chosen {
			page.Instances = append(page.Instances, s)
		}
		return true
	})
	if err != nil {
		return Page{}, fmt.Errorf("listing instances: %w", err)
	}
	page.Later = c.token(f, cursor)
	return page, nil
}

// All returns every instance that the filter chooses, page by page, in the order
// of [Client.List]; the filter's Limit is the size of a page. It ends with the
// first error, which it yields.
func (c *Client) All(ctx context.Context, f Filter) iter.Seq2[Summary, error] {
	return func(yield func(Summary, error) bool) {
		for {
			page, err := c.List(ctx, f)
			if err != nil {
				yield(Summary{}, err)
				return
			}
			for _, s := range page.Instances {
				if !yield(s, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			f.Token = page.Next
		}
	}
}

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

// orderSlack is by how much the times of changes may be out of their order: another server
// has another clock.
const orderSlack = time.Minute

// isBehind reports whether nothing can be chosen from that instance on, in the order of
// the last changes.
func (f Filter) isBehind(s Summary) bool {
	return !f.UpdatedTo.IsZero() && s.Updated.After(f.UpdatedTo.Add(orderSlack))
}

func isWithin(t, from, to time.Time) bool {
	return (from.IsZero() || !t.Before(from)) && (to.IsZero() || !t.After(to))
}
