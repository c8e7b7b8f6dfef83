package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/access"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// Config says what an [API] serves, and to whom.
type Config struct {
	// Hubs are the hubs that are served, by name; at least one.
	Hubs map[string]*client.Client
	// Hub is the hub of requests without the parameter taskHub. It may be empty if there is
	// one hub only.
	Hub string
	// Keys are the keys that are let in; nil lets in everybody who can connect.
	Keys *access.Keys
	// AnyHost serves requests for any host name, even without keys. If it is not set, and
	// there are no keys, only localhost and addresses are served: the owner of a web page
	// could let its name lead to this computer.
	AnyHost bool
	// Origins are those of web pages that may call the API from a browser (CORS), such as
	// "https://example.org"; "*" allows all pages.
	Origins []string
	// Hints are added to refusals, and tell the caller what to do.
	Hints Hints
	// PublicURL is the beginning of the API's URLs, such as "https://example.org/flows", if it
	// is not the one in the Host header of requests.
	PublicURL string
	// MaxBody is the largest body in bytes, which should be what the hub takes as a payload; 1
	// MiB if 0.
	MaxBody int
	// MaxRequests is how many requests are answered at a time, 1,000 if 0. Requests that wait
	// for an instance or listen to one do not count; of those there may be MaxWaiting, 4,000
	// if 0. Nor do requests that list instances or show a history; of those there may be
	// MaxListing, 100 if 0. Requests beyond that are answered 503.
	MaxRequests int
	MaxWaiting  int
	MaxListing  int
	// Timeout is how long any other request may take, 30 s if 0.
	Timeout time.Duration
	// MaxWait is how long a request may wait for an instance, 230 s if 0.
	MaxWait time.Duration
	// Logger is slog.Default if nil.
	Logger *slog.Logger
}

// Hints are texts for callers that are refused, such as the option of the program that would
// let the caller in. An empty hint adds nothing.
type Hints struct {
	// Origin is for pages of another site, Host for requests to another host name, Hub for a
	// hub that is not served.
	Origin, Host, Hub string
}

// hinted adds a hint to a text.
func hinted(text, hint string) string {
	if hint == "" {
		return text
	}
	return text + ": " + hint
}

func (c Config) withDefaults() Config {
	c.MaxBody = cmp.Or(c.MaxBody, 1<<20)
	c.MaxRequests = cmp.Or(c.MaxRequests, 1000)
	c.MaxWaiting = cmp.Or(c.MaxWaiting, 4000)
	c.MaxListing = cmp.Or(c.MaxListing, 100)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.MaxWait = cmp.Or(c.MaxWait, 230*time.Second)
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Hub == "" && len(c.Hubs) == 1 {
		for name := range c.Hubs {
			c.Hub = name
		}
	}
	return c
}

func (c Config) check() error {
	if c.Hubs[c.Hub] == nil {
		return fmt.Errorf("httpapi: the hub %q is not among the hubs that are served", c.Hub)
	}
	if min(c.MaxBody, c.MaxRequests, c.MaxWaiting, c.MaxListing) < 0 || min(c.MaxWait, c.Timeout) < 0 {
		return errors.New("httpapi: a limit is less than 0")
	}
	if slices.Contains(c.Origins, "") {
		return errors.New("httpapi: an origin is empty")
	}
	return checkPublicURL(c.PublicURL)
}

func checkPublicURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.ContainsAny(text, "?#") || u.User != nil {
		// The error does not repeat the URL: a query may hold a key.
		return errors.New("httpapi: public URL: use http or https, a host, and at most a path, such as https://example.org")
	}
	return nil
}
