package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// announcement is what a worker tells of itself in JSON.
type announcement struct {
	Hub           string   `json:"hub"`
	NATS          string   `json:"nats"`
	Context       string   `json:"context,omitempty"`
	Embedded      bool     `json:"embedded"`
	HTTP          string   `json:"http,omitempty"`
	RPCBaseURL    string   `json:"rpcBaseUrl,omitempty"`
	DataDir       string   `json:"dataDir,omitempty"`
	Auth          bool     `json:"auth,omitempty"`
	Orchestrators []string `json:"orchestrators"`
	Queues        []string `json:"queues,omitempty"`
}

// announce prints what the worker serves, and commands to try. It leaves out a login in the
// URL.
func (c *command) announce(w io.Writer, s *service, orchestrators []string) error {
	p := s.place
	var queues []string
	if c.workerConfig.Queues != nil {
		queues = c.workerConfig.Queues.Names()
	}
	if c.JSON() {
		a := announcement{
			Hub: c.Hub, NATS: jetstream.RedactURL(p.url), Context: c.Context,
			Embedded: p.embedded, HTTP: s.httpURL(), RPCBaseURL: s.rpcBaseURL(), Orchestrators: orchestrators, Queues: queues,
		}
		if p.embedded {
			a.DataDir, a.Auth = c.DataDir, c.auth
		}
		return cli.PrintJSON(w, a)
	}
	text := fmt.Sprintf("Dormouse serves %s on hub %q.\n%s\n", strings.Join(orchestrators, ", "), c.Hub, c.where(p))
	if len(queues) > 0 {
		text += fmt.Sprintf("It takes messages from the queue %s.\n", strings.Join(queues, ", "))
	}
	if url := s.httpURL(); url != "" {
		text += fmt.Sprintf("The HTTP API is at %s and described by %s/openapi.json.\n", url, s.http.URL())
		if c.http.open {
			text += "It asks for no key: every user of this computer can do everything there (keys: --http-keys).\n"
		}
	}
	if url := s.rpcBaseURL(); url != "" {
		text += fmt.Sprintf("Clients on this computer need no key at the rpcBaseUrl %s.\n", url)
	}
	text += "\n"
	if p.url != "" || !p.embedded {
		text += c.firstSteps(p)
	}
	_, err := io.WriteString(w, text)
	return err
}

// where returns where NATS is.
func (c *command) where(p *place) string {
	url := jetstream.RedactURL(p.url)
	switch {
	case p.embedded && url == "":
		return fmt.Sprintf("NATS is embedded, stores in %s, and does not listen: only this process can use it.", c.DataDir)
	case p.embedded:
		return fmt.Sprintf("NATS listens on %s (embedded) and stores in %s.\n%s", url, c.DataDir, c.whoComesIn(p))
	case url == "":
		return fmt.Sprintf("NATS is that of context %s.", c.Context)
	}
	return fmt.Sprintf("NATS is %s.", url)
}

// whoComesIn returns who can use the embedded server.
func (c *command) whoComesIn(p *place) string {
	if !c.auth {
		return "It asks for no login: every user of this computer can do everything, and delete the hub (logins: --nats-auth)."
	}
	text := fmt.Sprintf("It asks for a login. Those of each role are in %s; the commands find them.", filepath.Join(c.DataDir, "logins"))
	if !p.local {
		text += "\nPasswords and payloads go over the network as they are: use a NATS server with TLS where others can listen in."
	}
	return text
}
