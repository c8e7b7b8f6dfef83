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
	// Hubs that are served, by name; at least one.
	Hubs map[string]*client.Client
	// Hub is the one that requests without taskHub are for. It may be empty if there
	// is one only.
	Hub string
	// Keys that are let in; nil lets everybody in who can connect.
	Keys *access.Keys
	// AnyHost serves requests for host names other than localhost and addresses even
	// where there are no keys. Without it a web page whose name is made to lead to
	// this computer is not served.
	AnyHost bool
	// Origins of web pages that may call the API from a browser (CORS), such as
	// "https://example.org"; "*" for all, none for none.
	Origins []string
	// Hints tell callers that are refused what could be done about it.
	Hints Hints
	// PublicURL is how callers reach the API, such as "https://example.org/flows",
	// where that is not what they say in the Host header. Links begin with it.
	PublicURL string
	// MaxBody is the largest body in bytes: what the hub takes as a payload. 1 MiB if 0.
	MaxBody int
	// MaxRequests is how many requests are answered at a time, 1,000 if 0, not counting
	// those that wait or listen to an instance, of which there may be MaxWaiting,
	// 4,000 if 0, and those that list instances or show a history, of which there may be
	// MaxListing, 100 if 0. What is more is told to come again (503).
	MaxRequests int
	MaxWaiting  int
	MaxListing  int
	// Timeout is how long any other request may take: 30 s if 0.
	Timeout time.Duration
	// MaxWait is how long a request may wait for an instance: 230 s if 0.
	MaxWait time.Duration
	// Logger is slog.Default if nil.
	Logger *slog.Logger
}

// Hints are added to the texts of refusals, such as the option of the program that lets
// the caller in. Empty hints add nothing.
type Hints struct {
	// Origin is for pages of another site, Host for requests to another host name, and Hub
	// for a hub that is not served.
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
		// It stays unsaid: a URL with a query may have a key in it.
		return errors.New("httpapi: public URL: use http or https, a host, and at most a path, such as https://example.org")
	}
	return nil
}
