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

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/access"
)

// keyHeader is where a key may stand other than in the query, as code.
const keyHeader = "X-Functions-Key"

// admit finds out who asks and for which hub, and returns a problem if that is not for
// them. Nothing that is stored has been looked at by then.
func (x *exchange) admit() error {
	if x.route.open {
		return nil
	}
	if x.route.signed && x.query.text("sig") != "" {
		return x.admitGrant()
	}
	var key *access.Key
	if x.api.config.Keys == nil {
		if err := x.checkForeign(); err != nil {
			return err
		}
	} else if key = x.findKey(); key == nil {
		return problemf(http.StatusUnauthorized, "a key is needed that is let in here: as parameter code, or as header x-functions-key")
	}
	if err := x.chooseHub(x.query.text("taskHub")); err != nil {
		return err
	}
	if key != nil && (!key.IsFor(x.hub) || !key.Scope.Has(x.route.scope)) {
		return problemf(http.StatusForbidden, "this key is not for that: it needs the scope %s on hub %q", x.route.scope, x.hub)
	}
	x.mayReplace = key == nil || key.Scope.Has(access.ScopeAll)
	return x.checkID()
}

// findKey returns the key that was presented, nil if there is none that is let in. A
// "+" that was not encoded has become a space.
func (x *exchange) findKey() *access.Key {
	for _, secret := range []string{x.query.text("code"), x.r.Header.Get(keyHeader)} {
		secret = strings.ReplaceAll(strings.TrimSpace(secret), " ", "+")
		if secret == "" {
			continue
		}
		if key := x.api.config.Keys.Find(secret); key != nil {
			x.code, x.keyName = key.Secret, key.Name
			return key
		}
	}
	return nil
}

// chooseHub takes the hub that is called so, in any case; the default one if empty.
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

// checkID refuses an id that no instance can have. Who starts one is told why.
func (x *exchange) checkID() error {
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

// checkForeign refuses what a browser sends on behalf of another site: where no key is
// needed, it is the browser's being on this computer that would let it in.
func (x *exchange) checkForeign() error {
	config := &x.api.config
	if !config.AnyHost && !isOwnHost(x.r.Host, config.PublicURL) {
		return problemf(http.StatusForbidden, "%s",
			hinted(fmt.Sprintf("without keys only localhost and addresses are served, not the host %q", clip(x.r.Host)), config.Hints.Host))
	}
	if slices.Contains(config.Origins, "*") {
		return nil
	}
	if err := x.api.foreign.Check(x.r); err != nil {
		return problemf(http.StatusForbidden, "%s", hinted("this was sent by a page of another site, which is not allowed here", config.Hints.Origin))
	}
	return nil
}

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
