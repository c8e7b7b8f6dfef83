package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/access"
)

const linkLong = `Make a link that raises one event on one instance, for a person who has no key, such as
the reader of an approval e-mail. In a browser the link shows a page that asks whether to go
on, since mail programs open links to scan them. A POST to the link raises the event at once.

The page has the heading --title, the text --text, and the name of the asker, --from. If JSON
is given the page sends it. Otherwise the page asks for JSON; with --answer yes-no it shows
two buttons for true and false, labelled --yes and --no; with --answer text it takes plain
words, which become a JSON string. All of this is signed with the link.

The link is signed with one of the keys of the worker's HTTP API. The hub is not asked, so the
instance need not exist yet. The link is good until its time is over or its key is taken away.
With JSON it raises that payload and no other.`

// linking is the link command with its flags.
type linking struct {
	*command
	url, key string
	keys     cli.KeysFlag
	lasts    time.Duration
	once     bool
	page     access.Page
	answer   string
}

func newLink(c *command) *cobra.Command {
	l := linking{command: c}
	cmd := &cobra.Command{
		Use:   "link ID EVENT [JSON]",
		Short: "Make a signed URL that may raise one event on one instance",
		Long:  linkLong,
		Example: `  instances link b1 Approval true --http-keys keys.txt --for 72h --once
  instances link b1 Approval --http-keys keys.txt --once --title "Budget of 100?" --from Finance --yes Approve --no Reject
  instances link b1 Approval true --http-keys keys.txt --url https://example.org`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 && len(args) != 3 {
				return errors.New("expected an instance id, the name of an event and, if it has one, its payload")
			}
			return errors.Join(ident.CheckInstance(args[0]), ident.CheckName("event name", args[1]))
		},
		RunE: l.run,
	}
	flags := cmd.Flags()
	flags.StringVar(&l.url, "url", "http://127.0.0.1:7071", "how the HTTP API is reached")
	l.keys.AddFlag(flags)
	flags.StringVar(&l.key, "key", "", "name of the key to sign with (default the first that may raise events on the hub)")
	flags.DurationVar(&l.lasts, "for", 24*time.Hour, "for how long the link is good")
	flags.BoolVar(&l.once, "once", false, "raise the event once only, however often the link is used")
	flags.StringVar(&l.page.Title, "title", "", "heading of the page (default the event and the instance)")
	flags.StringVar(&l.page.Text, "text", "", "what the page says below its heading")
	flags.StringVar(&l.page.From, "from", "", "who asks")
	flags.StringVar(&l.answer, "answer", "", "what the page asks for without JSON: json, yes-no or text (default json, with --yes or --no yes-no)")
	flags.StringVar(&l.page.Yes, "yes", "", "what the button for true says (default Yes), or with JSON the only one (default Send)")
	flags.StringVar(&l.page.No, "no", "", "what the button for false says (default No)")
	return cmd
}

func (l *linking) run(cmd *cobra.Command, args []string) error {
	root, err := url.Parse(l.url)
	switch {
	case err != nil || !isRoot(root):
		// The error does not repeat the URL: a query may hold a key.
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
	if err := l.setAnswer(payload != nil); err != nil {
		return err
	}
	keys, err := l.readKeys(cmd)
	if err != nil {
		return err
	}
	link, err := keys.Sign(l.url, l.key, access.Grant{
		Hub: l.Hub, Instance: args[0], Event: args[1], Until: time.Now().Add(l.lasts), Once: l.once, Payload: payload, Page: l.page,
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

// readKeys returns the keys of the HTTP API, and chooses the one to sign with unless --key
// names it.
func (l *linking) readKeys(cmd *cobra.Command) (*access.Keys, error) {
	keys, err := l.keys.Read()
	if err != nil {
		return nil, err
	}
	for _, warning := range keys.Warnings() {
		cmd.PrintErrln("instances: warning:", warning)
	}
	if keys == nil {
		return nil, cli.Usagef("a key is needed to sign with: give the keys of the HTTP API by --http-keys or %s", cli.KeysVariable)
	}
	if l.key == "" {
		if l.key = keys.Signer(l.Hub); l.key == "" {
			return nil, cli.Usagef("none of the keys may sign for hub %q: it takes one with scope raise and at least %d characters", l.Hub, access.ShortestSigning)
		}
	}
	return keys, nil
}

// setAnswer sets the kind of answer that the page asks for.
func (l *linking) setAnswer(hasPayload bool) error {
	switch {
	case l.answer == "" && !hasPayload && l.page.Yes+l.page.No != "":
		l.page.Answer = access.AnswerYesNo
	case l.answer == "" || l.answer == "json":
		l.page.Answer = access.AnswerJSON
	case l.answer == string(access.AnswerYesNo) || l.answer == string(access.AnswerText):
		l.page.Answer = access.Answer(l.answer)
	default:
		return cli.Usagef("--answer %s: use json, yes-no or text", l.answer)
	}
	return nil
}

func isRoot(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}
