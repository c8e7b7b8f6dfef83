package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// announcement is what a worker says of itself in JSON.
type announcement struct {
	Hub           string   `json:"hub"`
	NATS          string   `json:"nats"`
	Context       string   `json:"context,omitempty"`
	Embedded      bool     `json:"embedded"`
	DataDir       string   `json:"dataDir,omitempty"`
	Orchestrators []string `json:"orchestrators"`
}

// announce says what the worker serves, and what to try. A login in the URL stays
// unsaid.
func (c *command) announce(w io.Writer, p *place, orchestrators []string) error {
	if c.JSON() {
		a := announcement{
			Hub: c.Hub, NATS: jetstream.RedactURL(p.url), Context: c.Context,
			Embedded: p.embedded, Orchestrators: orchestrators,
		}
		if p.embedded {
			a.DataDir = c.dataDir
		}
		return cli.PrintJSON(w, a)
	}
	text := fmt.Sprintf("Dormouse serves %s on hub %q.\n%s\n\n", strings.Join(orchestrators, ", "), c.Hub, c.where(p))
	if p.url != "" || !p.embedded {
		text += c.trial(p)
	}
	_, err := io.WriteString(w, text)
	return err
}

// where says where NATS is.
func (c *command) where(p *place) string {
	url := jetstream.RedactURL(p.url)
	switch {
	case p.embedded && url == "":
		return fmt.Sprintf("NATS is embedded, stores in %s, and does not listen: only this process can use it.", c.dataDir)
	case p.embedded:
		return fmt.Sprintf("NATS listens on %s (embedded) and stores in %s.", url, c.dataDir)
	case url == "":
		return fmt.Sprintf("NATS is that of context %s.", c.Context)
	}
	return fmt.Sprintf("NATS is %s.", url)
}
