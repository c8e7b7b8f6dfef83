package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func newGet(c *command) *cobra.Command {
	return &cobra.Command{
		Use:   "get ID",
		Short: "Show how an instance is and what it waits for",
		Args:  oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withClient(cmd.Context(), func(to *client.Client) error {
				instance, err := to.Get(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				p, err := readView(cmd.Context(), to, instance)
				if err != nil {
					return err
				}
				if c.JSON() {
					return cli.PrintJSON(cmd.OutOrStdout(), p.payload())
				}
				return printInstance(cmd.OutOrStdout(), p, to.Now(cmd.Context()))
			})
		},
	}
}

// view is an instance and what its history tells.
type view struct {
	*client.Instance
	children []history.Child
	events   []client.Event
	// unregistered are activities it waits for that no worker has registered.
	unregistered []string
}

// readView reads the history of an instance.
func readView(ctx context.Context, to *client.Client, i *client.Instance) (view, error) {
	events, err := to.History(ctx, i.ID)
	if hub.IsPermanent(err) {
		return unreadableView(i, err), nil
	}
	if err != nil {
		return view{}, err
	}
	p := view{Instance: i, children: history.Children(events), events: events, unregistered: to.Registry().Unregistered(ctx, i)}
	if len(events) > 0 && (events[0].Kind == history.ExecutionStarted || events[0].Kind == history.ExecutionDelayed) {
		// The version that runs, even if the start asked for none.
		running := *i
		running.Version = events[0].Version
		p.Instance = &running
	}
	return p, nil
}

// unreadableView is an instance whose history cannot be read.
func unreadableView(i *client.Instance, err error) view {
	if i.Blocked != "" {
		return view{Instance: i}
	}
	shown := *i
	shown.Blocked = err.Error()
	return view{Instance: &shown}
}

func (p view) payload() jsonview.Status {
	payload := jsonview.NewStatus(p.Instance)
	payload.Children = jsonview.NewChildren(p.children)
	payload.MarkUnregistered(p.unregistered)
	return payload
}
