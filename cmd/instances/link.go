package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/history"
	"github.com/dormouse-dev/dormouse/pkg/access"
)

const linkLong = `Make a link that raises one event on one instance, for somebody who has no key: what a
person gets in an approval e-mail. Opened in a browser it asks whether to go on, since mail
programs open links to look at them; a POST to it raises the event at once.

The link is signed with one of the keys that the worker's HTTP API was given; nothing is
asked of the hub, so the instance need not be there yet. It is good until its time is up, or
its key is taken away. With JSON it raises that payload and no other.`

// linking is the link command with its flags.
type linking struct {
	*command
	url, key string
	keys     cli.KeysFlag
	lasts    time.Duration
	once     bool
}

func (c *command) linkCommand() *cobra.Command {
	l := linking{command: c}
	cmd := &cobra.Command{
		Use:   "link ID EVENT [JSON]",
		Short: "Make a signed URL that may raise one event on one instance",
		Long:  linkLong,
		Example: `  instances link b1 Approval true --http-keys keys.txt --for 72h --once
  instances link b1 Approval true --http-keys keys.txt --url https://example.org`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 && len(args) != 3 {
				return errors.New("expected an instance id, the name of an event and, if it has one, its payload")
			}
			return errors.Join(history.CheckInstanceID(args[0]), history.CheckName("event name", args[1]))
		},
		RunE: l.run,
	}
	flags := cmd.Flags()
	flags.StringVar(&l.url, "url", "http://127.0.0.1:7071", "how the HTTP API is reached")
	l.keys.AddFlag(flags)
	flags.StringVar(&l.key, "key", "", "name of the key to sign with (default the first that may raise events on the hub)")
	flags.DurationVar(&l.lasts, "for", 24*time.Hour, "for how long the link is good")
	flags.BoolVar(&l.once, "once", false, "raise the event once only, however often the link is used")
	return cmd
}

func (l *linking) run(cmd *cobra.Command, args []string) error {
	root, err := url.Parse(l.url)
	switch {
	case err != nil || !isRoot(root):
		// It stays unsaid: a URL with a query may have a key in it.
		return cli.Usagef("--url: use http or https, a host, and at most a path, such as https://example.org")
	case l.lasts <= 0:
		return cli.Usagef("--for %s: more than 0", l.lasts)
	}
	var payload json.RawMessage
	if len(args) == 3 {
		if payload, err = cli.Payload("payload", args[2], cmd.InOrStdin()); err != nil {
			return err
		}
	}
	keys, err := l.keys.Read()
	if err != nil {
		return err
	}
	if keys == nil {
		return cli.Usagef("a key is needed to sign with: give the keys of the HTTP API by --http-keys or %s", cli.KeysVariable)
	}
	if l.key == "" {
		if l.key = keys.Signer(l.Hub); l.key == "" {
			return cli.Usagef("none of the keys may sign for hub %q: it takes one with scope raise and at least %d characters", l.Hub, access.ShortestSigning)
		}
	}
	link, err := keys.Sign(l.url, l.key, access.Grant{
		Hub: l.Hub, Instance: args[0], Event: args[1], Until: time.Now().Add(l.lasts), Once: l.once, Payload: payload,
	})
	if err != nil {
		return cli.Usagef("%w", err)
	}
	if l.JSON() {
		return cli.PrintJSON(cmd.OutOrStdout(), map[string]string{"url": link})
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), link)
	return err
}

func isRoot(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}
