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

// Grant is what a signed link is good for: to raise one event on one instance.
type Grant struct {
	Hub      string
	Instance string
	Event    string
	// Until is when the link ends to be good, to the second.
	Until time.Time
	// Once lets it raise the event once only in each run of the instance, however often
	// it is used.
	Once bool
	// Payload is what is raised, JSON; nil lets who uses the link say it.
	Payload json.RawMessage
	// Page is what a person sees who opens the link.
	Page Page
	// nonce tells one that is good once from another.
	nonce string
}

// EventID is the id that the event has to be raised with, empty if it may be raised
// many times.
func (g *Grant) EventID() string {
	if !g.Once {
		return ""
	}
	return "signed-" + g.nonce
}

func (g *Grant) expires() string { return strconv.FormatInt(g.Until.Unix(), 10) }

// signature is over everything that the grant says, each part with its length before
// it, so that none can be moved into another.
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
