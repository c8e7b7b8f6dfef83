package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

const queueLong = `Put messages into the queues that trigger functions of workers, look into queues, and
redrive or purge poisoned messages. A poisoned message is one that could not be read, or
that a function failed on for good. It stays in the poison queue of its queue until it is
redriven or purged.`

func newQueue(c *command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "queue",
		Short: "Send to queues, look into them, and redrive what is poisoned",
		Long:  queueLong,
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return cli.Usagef("which command? See instances queue --help")
		},
	}
	cmd.AddCommand(newQueueList(c), newQueueSend(c), newQueuePeek(c), newQueueRedrive(c), newQueuePurge(c))
	return cmd
}

func newQueueList(c *command) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the queues that are not empty",
		Long: `List the queues that are not empty: how many messages wait or are at work, and how many
are poisoned. Messages whose publisher wrote the name of the queue wrongly into the
subject are listed by that subject: no worker sees them until they are published again.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var states []client.QueueState
			err := c.withClient(cmd.Context(), func(to *client.Client) (err error) {
				states, err = to.Queues().List(cmd.Context())
				return err
			})
			if err != nil {
				return err
			}
			if c.JSON() {
				return cli.PrintJSON(cmd.OutOrStdout(), newQueuesPayload(states))
			}
			return printQueues(cmd.OutOrStdout(), states)
		},
	}
}

func printQueues(w io.Writer, states []client.QueueState) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "QUEUE\tWAITING\tPOISONED")
	for _, s := range states {
		name := s.Queue
		if s.Subject != "" {
			name = "(in no queue: " + s.Subject + ")"
		}
		fmt.Fprintf(table, "%s\t%d\t%d\n", name, s.Waiting, s.Poisoned)
	}
	return table.Flush()
}

type queuesPayload struct {
	Queues []queuePayload `json:"queues"`
}

type queuePayload struct {
	Queue    string `json:"queue"`
	Waiting  int    `json:"waiting"`
	Poisoned int    `json:"poisoned"`
	Subject  string `json:"subject,omitempty"`
}

func newQueuesPayload(states []client.QueueState) queuesPayload {
	p := queuesPayload{Queues: []queuePayload{}}
	for _, s := range states {
		p.Queues = append(p.Queues, queuePayload(s))
	}
	return p
}

func newQueueSend(c *command) *cobra.Command {
	var id string
	cmd := &cobra.Command{
		Use:   "send QUEUE BODY...",
		Short: "Put messages into a queue",
		Long: `Put messages into a queue, each BODY one, as it is: it need not be JSON. One BODY may
be "-": it is read from stdin.`,
		Example: `  instances queue send approval-queue b1
  instances queue send orders '{"order":17}' --id order-17`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return errors.New("expected QUEUE BODY")
			}
			return ident.CheckName("queue name", args[0])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			opts, err := sendOptions(cmd, id, len(args)-1)
			if err != nil {
				return err
			}
			bodies, err := readBodies(args[1:], cmd.InOrStdin())
			if err != nil {
				return err
			}
			return c.withClient(cmd.Context(), func(to *client.Client) error {
				for n, body := range bodies {
					if err := to.Queues().Send(cmd.Context(), args[0], body, opts...); err != nil {
						return fmt.Errorf("message %d of %d: %w", n+1, len(bodies), err)
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&id, "id", "", "id of the message: sent again within two minutes it is one")
	return cmd
}

func sendOptions(cmd *cobra.Command, id string, messages int) ([]client.SendOption, error) {
	switch {
	case !cmd.Flags().Changed("id"):
		return nil, nil
	case messages > 1:
		return nil, cli.Usagef("--id is for one message, not for %d", messages)
	case id == "":
		return nil, cli.Usagef("--id is empty: leave it out, or give an id")
	}
	return []client.SendOption{client.WithMessageID(id)}, ident.CheckEvent(id)
}

// readBodies returns the messages of the arguments. One of them may be "-", which stands for
// stdin.
func readBodies(args []string, stdin io.Reader) ([][]byte, error) {
	bodies := make([][]byte, len(args))
	isRead := false
	for i, arg := range args {
		bodies[i] = []byte(arg)
		switch {
		case arg != "-":
			continue
		case isRead:
			return nil, cli.Usagef("stdin is one message: give - once")
		}
		isRead = true
		var err error
		if bodies[i], err = cli.ReadInput("message on stdin", stdin); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

// queueAndNumbers accepts the name of a queue, and numbers of messages.
func queueAndNumbers(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("expected the name of a queue")
	}
	if _, err := parseNumbers(args[1:]); err != nil {
		return err
	}
	return ident.CheckName("queue name", args[0])
}

func parseNumbers(args []string) ([]uint64, error) {
	var numbers []uint64
	for _, arg := range args {
		n, err := strconv.ParseUint(arg, 10, 64)
		if err != nil || n == 0 {
			return nil, cli.Usagef("%q is no number of a message: use one that peek --poison shows", arg)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}
