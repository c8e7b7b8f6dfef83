package access

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/ident"
)

var (
	// ErrCannotSign: there is no key of that name, or the key may not sign this link.
	ErrCannotSign = errors.New("this key cannot sign")
	// ErrBadLink is wrapped by the two errors that follow.
	ErrBadLink = errors.New("the link is not valid")
	// ErrLinkAltered: no key that may sign this link has made the signature. Something in the
	// link was changed, or its key was taken away or may not sign any more.
	ErrLinkAltered = fmt.Errorf("%w: it was altered, or its key was taken away", ErrBadLink)
	// ErrLinkExpired: the time of the link is over.
	ErrLinkExpired = fmt.Errorf("%w: it has expired", ErrBadLink)
)

// Base is the beginning of all paths of the API.
const Base = "/runtime/webhooks/durabletask"

// ShortestSigning is how many characters a secret must have to sign links. A person who has a
// link can try secrets as fast as a computer can.
const ShortestSigning = 16

// longestLink is the longest URL that common browsers and proxies let through, in bytes.
const longestLink = 8000

// Sign returns a URL that is good for the grant as long as the API has the key of that name,
// and the key may raise events on the hub. Root is the beginning of the API's URLs, such as
// "https://example.org". Sign returns an error wrapping [ErrCannotSign] for a key that may not
// do what the link would allow or that has fewer than 16 characters, or client.ErrInvalidName.
func (k *Keys) Sign(root, keyName string, g Grant) (string, error) {
	key := k.Named(keyName)
	switch {
	case key == nil:
		return "", fmt.Errorf("%w: there is no key %q", ErrCannotSign, keyName)
	case !key.maySign(g.Hub):
		return "", fmt.Errorf("%w: the key %q may not raise events on hub %q, or has fewer than %d characters",
			ErrCannotSign, keyName, g.Hub, ShortestSigning)
	case g.Until.IsZero():
		return "", errors.New("the link needs a time until which it is good")
	case g.Payload != nil && !json.Valid(g.Payload):
		return "", errors.New("the payload of the link is not JSON")
	}
	if err := errors.Join(ident.CheckInstance(g.Instance), ident.CheckName("event name", g.Event), g.Page.check(g.Payload != nil)); err != nil {
		return "", err
	}
	if g.Once {
		g.nonce = rand.Text()
	}
	q := url.Values{"taskHub": {g.Hub}, "key": {keyName}, "expires": {g.expires()}, "sig": {g.signature(key)}}
	if g.Once {
		q.Set("once", g.nonce)
	}
	if g.Payload != nil {
		q.Set("payload", string(g.Payload))
	}
	g.Page.addTo(q)
	path := Base + "/instances/" + url.PathEscape(g.Instance) + "/raiseEvent/" + strings.ReplaceAll(url.PathEscape(g.Event), "&", "%26")
	link := strings.TrimSuffix(root, "/") + path + "?" + q.Encode()
	if len(link) > longestLink {
		return "", fmt.Errorf("the link would have %d characters, of which browsers and proxies take %d: let it do without a payload or a text, or with shorter ones",
			len(link), longestLink)
	}
	return link, nil
}

// Verify returns the grant of a link, given its hub, instance, event and query, and the key
// that it was signed with. It returns [ErrLinkAltered], or [ErrLinkExpired] together with the
// grant and the key.
func (k *Keys) Verify(hub, instance, event string, q url.Values, now time.Time) (*Grant, *Key, error) {
	key := k.Named(q.Get("key"))
	if key == nil || !key.maySign(hub) {
		return nil, nil, ErrLinkAltered
	}
	seconds, err := strconv.ParseInt(q.Get("expires"), 10, 64)
	if err != nil {
		return nil, nil, ErrLinkAltered
	}
	g := &Grant{Hub: hub, Instance: instance, Event: event, Until: time.Unix(seconds, 0), Page: readPage(q), nonce: q.Get("once")}
	g.Once = g.nonce != ""
	if q.Has("payload") {
		g.Payload = json.RawMessage(q.Get("payload"))
	}
	switch {
	case !hmac.Equal([]byte(g.signature(key)), []byte(q.Get("sig"))):
		return nil, nil, ErrLinkAltered
	case !now.Before(g.Until):
		return g, key, ErrLinkExpired
	}
	return g, key, nil
}

// Signer returns the name of the first key that may sign for a hub, empty for none.
func (k *Keys) Signer(hub string) string {
	for i := range k.keys {
		if k.keys[i].maySign(hub) {
			return k.keys[i].Name
		}
	}
	return ""
}

func (k *Key) maySign(hub string) bool {
	return k.IsFor(hub) && k.Scope.Has(ScopeRaise) && len(k.Secret) >= ShortestSigning
}
