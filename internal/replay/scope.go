package replay

import (
	"maps"
	"slices"
)

// Scope holds the tasks made with one Context, to cancel them together. A nil Scope is that
// of a Context without one: it holds nothing and is never cancelled.
type Scope struct {
	env      *Env
	parent   *Scope
	canceled bool
	// open cancels the tasks that have not ended, those of scopes within included, by the
	// number they joined with.
	open map[int64]func()
}

// NewScope returns a scope within parent, which may be nil.
func NewScope(e *Env, parent *Scope) *Scope {
	e.MustRun()
	return &Scope{env: e, parent: parent, open: map[int64]func(){}}
}

// Cancel cancels the tasks that have not ended, in the order they joined. A second call does
// nothing.
func (s *Scope) Cancel() {
	s.env.MustRun()
	if s.canceled {
		return
	}
	s.canceled = true
	for _, number := range slices.Sorted(maps.Keys(s.open)) {
		if cancel, ok := s.open[number]; ok { // one may have ended with another
			cancel()
		}
	}
}

// IsCanceled reports whether the scope, or one around it, is cancelled.
func (s *Scope) IsCanceled() bool {
	for ; s != nil; s = s.parent {
		if s.canceled {
			return true
		}
	}
	return false
}

// Add makes the task one of the scope until it has ended.
func (s *Scope) Add(t *Task) {
	if s == nil || t.done {
		return
	}
	t.env.joined++
	number := t.env.joined
	for outer := s; outer != nil; outer = outer.parent {
		outer.open[number] = t.Cancel
	}
	t.Then(func() {
		for outer := s; outer != nil; outer = outer.parent {
			delete(outer.open, number)
		}
	})
}

// Open returns how many tasks of the scope have not ended.
func (s *Scope) Open() int { return len(s.open) }
