package main

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

// announcement is what a worker says of itself in JSON.
type announcement struct {
	Hub           string   `json:"hub"`
	NATS          string   `json:"nats"`
	Embedded      bool     `json:"embedded"`
	DataDir       string   `json:"dataDir,omitempty"`
	Orchestrators []string `json:"orchestrators"`
}

// announce says what the worker serves, and what to try.
func (c *command) announce(w io.Writer, p *place, orchestrators []string) error {
	if c.JSON() {
		a := announcement{Hub: c.Hub, NATS: redacted(p.url), Embedded: p.embedded, Orchestrators: orchestrators}
		if p.embedded {
			a.DataDir = c.dataDir
		}
		return cli.PrintJSON(w, a)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Dormouse serves %s on hub %q.\n", strings.Join(orchestrators, ", "), c.Hub)
	switch {
	case p.embedded:
		fmt.Fprintf(&text, "NATS listens on %s (embedded) and stores in %s.\n", redacted(p.url), c.dataDir)
	case p.url != "":
		fmt.Fprintf(&text, "NATS is %s.\n", redacted(p.url))
	}
	text.WriteString("\nTry, in a second terminal:\n\n")
	for _, line := range c.trial(p) {
		fmt.Fprintf(&text, "  %s\n", line)
	}
	text.WriteString("\n")
	_, err := io.WriteString(w, text.String())
	return err
}

// trial returns the command lines of a first walk.
func (c *command) trial(p *place) []string {
	var lines []string
	if p.url != "" && p.url != cli.DefaultURL {
		lines = append(lines, "export NATS_URL="+redacted(p.url))
	}
	if c.Hub != cli.DefaultHub {
		lines = append(lines, "export DORMOUSE_HUB="+c.Hub)
	}
	flags := ""
	if p.url == "" {
		flags = " --context " + c.Context
	}
	return append(lines,
		"go run ./cmd/instances start BudgetApproval --id b1 --input '{\"amount\":100}'"+flags,
		"go run ./cmd/instances get b1"+flags,
		"go run ./cmd/raise b1 Approval true"+flags,
		"go run ./cmd/instances wait b1"+flags,
	)
}

// redacted returns a list of URLs with their passwords made unreadable.
func redacted(list string) string {
	urls := strings.Split(list, ",")
	for i, text := range urls {
		if u, err := url.Parse(text); err == nil {
			urls[i] = u.Redacted()
		}
	}
	return strings.Join(urls, ",")
}
