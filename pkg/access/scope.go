package access

import (
	"errors"
	"strings"
)

// Scope says what a key may do.
type Scope uint8

// The scopes. Terminating, purging, suspending, resuming, rewinding and restarting need
// ScopeAll.
const (
	// ScopeRead: see instances and their histories.
	ScopeRead Scope = 1 << iota
	// ScopeRaise: raise events, and sign URLs that do.
	ScopeRaise
	// ScopeStart: start instances, but not in the place of others that have ended.
	ScopeStart
	scopeManage
	// ScopeAll: everything.
	ScopeAll = ScopeRead | ScopeRaise | ScopeStart | scopeManage
)

var scopeNames = []struct {
	name  string
	scope Scope
}{{"all", ScopeAll}, {"read", ScopeRead}, {"raise", ScopeRaise}, {"start", ScopeStart}}

// Has reports whether the scope covers all of another.
func (s Scope) Has(wanted Scope) bool { return s&wanted == wanted }

// ParseScope reads scopes with commas between them: all, read, raise, start.
func ParseScope(text string) (Scope, error) {
	var scope Scope
	for word := range strings.SplitSeq(text, ",") {
		found := false
		for _, s := range scopeNames {
			if s.name == word {
				scope |= s.scope
				found = true
			}
		}
		if !found {
			return 0, errors.New("unknown scope: use all, read, raise or start, with commas between")
		}
	}
	return scope, nil
}

// String returns the scopes as ParseScope reads them.
func (s Scope) String() string {
	if s == ScopeAll {
		return "all"
	}
	var names []string
	for _, n := range scopeNames[1:] {
		if s.Has(n.scope) {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ",")
}
