package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// peeking is the peek command with its flags.
type peeking struct {
	*command
	poison bool
	behind uint64
	limit  int
}

func newQueuePeek(c *command) *cobra.Command {
	p := peeking{command: c}
	cmd := &cobra.Command{
		Use:   "peek QUEUE",
		Short: "Show the messages of a queue, oldest first, and take none",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("expected the name of a queue")
			}
			return ident.CheckName("queue name", args[0])
		},
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&p.poison, "poison", false, "those of the poison queue, with what was wrong")
	flags.Uint64Var(&p.behind, "behind", 0, "only those whose numbers are higher")
	flags.IntVar(&p.limit, "limit", 20, "how many at most")
	return cmd
}

func (p *peeking) run(cmd *cobra.Command, queue string) error {
	if p.limit < 1 {
		return cli.Usagef("--limit %d: at least 1", p.limit)
	}
	var messages []client.QueueMessage
	var now time.Time
	err := p.withClient(cmd.Context(), func(to *client.Client) (err error) {
		now = to.Now(cmd.Context())
		peek := to.Queues().Peek
		if p.poison {
			peek = to.Queues().PeekPoison
		}
		messages, err = peek(cmd.Context(), queue, p.behind, p.limit+1)
		return err
	})
	if err != nil {
		return err
	}
	more := len(messages) > p.limit
	messages = messages[:min(len(messages), p.limit)]
	if p.JSON() {
		return cli.PrintJSON(cmd.OutOrStdout(), newPeekPayload(messages, more))
	}
	if err := printMessages(cmd.OutOrStdout(), messages, p.poison, now); err != nil {
		return err
	}
	if more {
		fmt.Fprintf(cmd.ErrOrStderr(), "there are more: --behind %d\n", messages[len(messages)-1].Seq)
	}
	return nil
}

// printMessages writes messages as a table, those of a poison queue with their reasons.
func printMessages(w io.Writer, messages []client.QueueMessage, poison bool, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "NUMBER\tID\tSENT\t")
	if poison {
		fmt.Fprint(table, "POISONED\tDELIVERIES\tREASON\t")
	}
	fmt.Fprintln(table, "BODY")
	for _, m := range messages {
		fmt.Fprintf(table, "%d\t%s\t%s\t", m.Seq, m.ID, relative(m.Stored.Sub(now)))
		if poison {
			fmt.Fprintf(table, "%s\t%d\t%s\t", relative(m.Poison.At.Sub(now)), m.Poison.Deliveries, onOneLine([]byte(m.Poison.Reason)))
		}
		fmt.Fprintln(table, onOneLine(m.Data))
	}
	return table.Flush()
}

// mostText is how many characters a cell of a table has at most.
const mostText = 100

// onOneLine returns a text of one line as it is, and any other text in quotes. A long text is
// cut.
func onOneLine(data []byte) string {
	text := string(data)
	for _, r := range text {
		if !unicode.IsPrint(r) {
			text = strconv.Quote(text)
			break
		}
	}
	if utf8.RuneCountInString(text) <= mostText {
		return text
	}
	return string([]rune(text)[:mostText]) + "…"
}

// peekPayload is the output of peek in JSON.
type peekPayload struct {
	Messages []messagePayload `json:"messages"`
	More     bool             `json:"more,omitempty"`
}

// messagePayload is a message in JSON. The body is in the first of these fields that can hold
// it: Body as JSON, Text, Base64.
type messagePayload struct {
	Number uint64          `json:"number"`
	ID     string          `json:"id"`
	Queue  string          `json:"queue"`
	Sent   time.Time       `json:"sent"`
	Body   json.RawMessage `json:"body,omitempty"`
	Text   string          `json:"text,omitempty"`
	Base64 string          `json:"base64,omitempty"`
	Poison *poisonPayload  `json:"poison,omitempty"`
}

type poisonPayload struct {
	Reason     string    `json:"reason"`
	Deliveries int       `json:"deliveries"`
	At         time.Time `json:"at"`
	CutFrom    int       `json:"cutFrom,omitempty"`
}

func newPeekPayload(messages []client.QueueMessage, more bool) peekPayload {
	p := peekPayload{Messages: make([]messagePayload, 0, len(messages)), More: more}
	for _, m := range messages {
		p.Messages = append(p.Messages, newMessagePayload(m))
	}
	return p
}

func newMessagePayload(m client.QueueMessage) messagePayload {
	p := messagePayload{Number: m.Seq, ID: m.ID, Queue: m.Queue, Sent: m.Stored.UTC()}
	switch {
	case json.Valid(m.Data):
		p.Body = m.Data
	case utf8.Valid(m.Data):
		p.Text = string(m.Data)
	default:
		p.Base64 = base64.StdEncoding.EncodeToString(m.Data)
	}
	if m.Poison != nil {
		p.Poison = &poisonPayload{Reason: m.Poison.Reason, Deliveries: m.Poison.Deliveries, At: m.Poison.At.UTC(), CutFrom: m.Poison.CutFrom}
	}
	return p
}
