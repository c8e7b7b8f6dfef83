package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Grant is the right that a signed link gives: to raise one event on one instance.
type Grant struct {
	Hub      string
	Instance string
	Event    string
	// Until is when the link expires, to the second.
	Until time.Time
	// Once makes the link raise the event only once in each run of the instance, however often
	// it is used.
	Once bool
	// Payload is the payload of the event, JSON; nil lets the user of the link choose it.
	Payload json.RawMessage
	// Page is the page that a person sees who opens the link.
	Page Page
	// nonce tells a link that is good once from other such links.
	nonce string
}

// EventID returns the event id that the event must be raised with, empty for a link that may
// raise it many times.
func (g *Grant) EventID() string {
	if !g.Once {
		return ""
	}
	return "signed-" + g.nonce
}

func (g *Grant) expires() string { return strconv.FormatInt(g.Until.Unix(), 10) }

// signature covers everything that the grant says. Each part has its length before it, so that
// no text can be moved from one part into another.
func (g *Grant) signature(key *Key) string {
	mac := hmac.New(sha256.New, []byte(key.Secret))
	payload := "none"
	if g.Payload != nil {
		payload = "json " + string(g.Payload)
	}
	parts := []string{"dormouse raise 1", key.Name, g.Hub, g.Instance, g.Event, g.expires(), g.nonce, payload}
	if !g.Page.IsZero() {
		parts[0] = "dormouse raise 2"
		parts = append(parts, g.Page.parts()...)
	}
	for _, part := range parts {
		fmt.Fprintf(mac, "%d:%s,", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
