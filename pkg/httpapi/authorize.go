package httpapi

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/access"
)

// keyHeader is the header in which a key may stand instead of the parameter code.
const keyHeader = "X-Functions-Key"

// caller is the sender of a request, as far as [authorize] knows the sender.
type caller struct {
	// key is the key that was presented and let in, nil for none.
	key *access.Key
	// keyName is the name of that key, or of the key that has signed the URL.
	keyName string
	// grant is what the URL was signed for, nil if it was not signed.
	grant *access.Grant
	// mayReplace is set for callers that may start an instance in the place of one that has
	// ended, whose history is lost then.
	mayReplace bool
}

// authorize finds out who sends the request, and chooses the hub. It returns a problem if the
// caller may not do what the route does; the caller is known then all the same, for the log.
// Nothing that is stored has been read by then.
func authorize(x *exchange) (caller, error) {
	if x.route.open {
		return caller{}, nil
	}
	if x.route.signed && x.query.text("sig") != "" {
		return authorizeLink(x)
	}
	var c caller
	if x.api.config.Keys == nil {
		if err := x.api.checkForeign(x.r); err != nil {
			return c, err
		}
	} else if c.key = findKey(x); c.key == nil {
		return c, problemf(http.StatusUnauthorized, "a key is needed that is let in here: as parameter code, or as header x-functions-key")
	} else {
		c.keyName = c.key.Name
	}
	if err := x.chooseHub(x.query.text("taskHub")); err != nil {
		return c, err
	}
	if c.key != nil && (!c.key.IsFor(x.hub) || !c.key.Scope.Has(x.route.scope)) {
		return c, problemf(http.StatusForbidden, "this key is not for that: it needs the scope %s on hub %q", x.route.scope, x.hub)
	}
	c.mayReplace = c.key == nil || c.key.Scope.Has(access.ScopeAll)
	return c, checkID(x)
}

// authorizeLink lets in the bearer of a signed URL.
func authorizeLink(x *exchange) (caller, error) {
	if x.chooseHub(x.query.text("taskHub")) != nil {
		return caller{}, altered()
	}
	g, key, err := x.api.config.Keys.Verify(x.hub, x.id, x.event, x.query.values(), x.client.Now(x.ctx()))
	switch {
	case errors.Is(err, access.ErrLinkExpired):
		p := problemf(http.StatusForbidden, "this link has expired: it was good until %s", g.Until.UTC().Format(time.RFC3339))
		p.link = linkExpired
		return caller{grant: g, keyName: key.Name}, p
	case err != nil:
		return caller{}, altered()
	}
	return caller{grant: g, keyName: key.Name}, checkID(x)
}

// findKey returns the key that was presented, nil if none was that is let in. A "+" that was
// not encoded has become a space in the query.
func findKey(x *exchange) *access.Key {
	for _, secret := range []string{x.query.text("code"), x.r.Header.Get(keyHeader)} {
		secret = strings.ReplaceAll(strings.TrimSpace(secret), " ", "+")
		if secret == "" {
			continue
		}
		if key := x.api.config.Keys.Find(secret); key != nil {
			return key
		}
	}
	return nil
}

// chooseHub chooses the hub of that name, in any case; the default hub for an empty name.
func (x *exchange) chooseHub(name string) error {
	hubs := x.api.config.Hubs
	if name == "" {
		name = x.api.config.Hub
	}
	if hubs[name] == nil {
		names := slices.Sorted(maps.Keys(hubs))
		i := slices.IndexFunc(names, func(hub string) bool { return strings.EqualFold(hub, name) })
		if i < 0 {
			return problemf(http.StatusNotFound, "%s", hinted(fmt.Sprintf("the hub %q is not served here", clip(name)), x.api.config.Hints.Hub))
		}
		name = names[i]
	}
	x.hub, x.client = name, hubs[name]
	return nil
}

// checkID refuses an id that no instance can have. A caller that wants to start an instance is
// told why by the start itself.
func checkID(x *exchange) error {
	if x.id == "" && !slices.Contains(x.route.segments, "{id}") || x.route.scope == access.ScopeStart {
		return nil
	}
	err := ident.CheckAddress(x.id)
	if err == nil {
		return nil
	}
	if slices.ContainsFunc(x.route.own, func(r reply) bool { return errors.Is(err, r.condition) }) {
		return err
	}
	return problemf(http.StatusNotFound, "there is no such instance: %s", err)
}

// checkForeign refuses a request that a browser sends on behalf of another site. Without keys
// anybody on this computer is let in, and so would be any page that its browser shows.
func (a *API) checkForeign(r *http.Request) error {
	config := &a.config
	if !config.AnyHost && !isOwnHost(r.Host, config.PublicURL) {
		return problemf(http.StatusForbidden, "%s",
			hinted(fmt.Sprintf("without keys only localhost and addresses are served, not the host %q", clip(r.Host)), config.Hints.Host))
	}
	if slices.Contains(config.Origins, "*") {
		return nil
	}
	if err := a.foreign.Check(r); err != nil {
		return problemf(http.StatusForbidden, "%s", hinted("this was sent by a page of another site, which is not allowed here", config.Hints.Origin))
	}
	return nil
}

// isOwnHost reports whether a Host header names this computer: localhost, an address, or the
// host of the public URL.
func isOwnHost(host, public string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if u, err := url.Parse(public); err == nil && strings.EqualFold(u.Hostname(), host) {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}
