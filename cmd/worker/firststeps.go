package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// firstSteps returns commands for a first try, ready to be copied.
func (c *command) firstSteps(p *place) string {
	heading := "Try, in a second terminal:"
	if isSecret(p.url) {
		heading = "Try, in a second terminal, with NATS_URL set to the URL that this worker was given:"
	}
	flags := c.flags(p)
	instances, raise := program(os.Args[0], "instances"), program(os.Args[0], "raise")
	lines := append(c.variables(p),
		instances+" start BudgetApproval --id b1 --input '{\"amount\":100}'"+flags,
		instances+" get b1"+flags,
		raise+" b1 Approval true"+flags,
		instances+" wait b1"+flags,
	)
	return heading + "\n\n  " + strings.Join(lines, "\n  ") + "\n\n"
}

// variables returns the lines that lead the other commands to this hub.
func (c *command) variables(p *place) []string {
	var lines []string
	switch {
	case c.auth: // the data directory has the URL too
		if c.DataDir != cli.DefaultDataDir {
			lines = append(lines, "export DORMOUSE_DATA_DIR="+quote(c.DataDir))
		}
	case c.Context == "" && p.url != cli.DefaultURL && !isSecret(p.url):
		lines = append(lines, "export NATS_URL="+quote(p.url))
	}
	if c.Hub != cli.DefaultHub {
		lines = append(lines, "export DORMOUSE_HUB="+quote(c.Hub))
	}
	return lines
}

// flags returns the flags that the other commands need to reach this hub, each after a space.
// If there is a context NATS_URL is ignored.
func (c *command) flags(p *place) string {
	text := ""
	for _, flag := range c.Login() {
		text += " --" + flag.Name + " " + quote(flag.Value)
	}
	switch {
	case c.Context == "" || p.url == "":
		return text
	case isSecret(p.url):
		return text + ` --nats-url "$NATS_URL"`
	}
	return text + " --nats-url " + quote(p.url)
}

// isSecret reports whether the URL has a login.
func isSecret(url string) bool { return jetstream.RedactURL(url) != url }

// program returns how to call another command: next to this program if it is there, otherwise
// from the source.
func program(called, name string) string {
	beside := strings.TrimSuffix(called, filepath.Base(called)) + name
	if _, err := exec.LookPath(beside); err != nil {
		return "go run ./cmd/" + name
	}
	return quote(beside)
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=-]+$`)

// quote returns a word in the quotes of a shell, if it needs them.
func quote(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
