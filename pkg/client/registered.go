package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Orchestrators returns the names of the orchestrators that workers have
// registered on the hub, sorted.
func (c *Client) Orchestrators(ctx context.Context) ([]string, error) {
	names, err := c.hub.Registered(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the names of orchestrators: %w", err)
	}
	return names, nil
}

// Activities returns the names of the activities that workers have registered on the
// hub, sorted. It is empty where all workers are from before there was such a list.
func (c *Client) Activities(ctx context.Context) ([]string, error) {
	names, err := c.hub.RegisteredActivities(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the names of activities: %w", err)
	}
	return names, nil
}

// unregisteredPatience bounds the look for what no worker has registered: how an instance
// is can be said without it.
const unregisteredPatience = 2 * time.Second

// Unregistered returns the names of the activities that the instance waits for and no
// worker has registered: most often they are misspelt. It asks the hub only where an
// activity is waited for, and returns none where the hub does not say, or does not know
// of any activity, as with workers from before there was such a list.
func (c *Client) Unregistered(ctx context.Context, i *Instance) []string {
	var awaited []string
	for _, w := range i.Waits {
		if w.Kind == WaitActivity && !slices.Contains(awaited, w.Name) {
			awaited = append(awaited, w.Name)
		}
	}
	if len(awaited) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, unregisteredPatience)
	defer cancel()
	known, err := c.Activities(ctx)
	if err != nil || len(known) == 0 {
		return nil
	}
	return slices.DeleteFunc(awaited, func(name string) bool { return slices.Contains(known, name) })
}

// checkRegistered returns ErrUnknownOrchestrator unless a worker has registered
// the orchestrator.
func (c *Client) checkRegistered(ctx context.Context, name string) error {
	if c.isKnown(name) {
		return nil
	}
	names, err := c.Orchestrators(ctx)
	if err != nil {
		return err
	}
	c.learn(names)
	switch {
	case c.isKnown(name):
		return nil
	case len(names) == 0:
		return fmt.Errorf("%w %q: no worker has registered any on this hub, start one first", ErrUnknownOrchestrator, name)
	}
	return fmt.Errorf("%w %q: this hub knows %s", ErrUnknownOrchestrator, name, strings.Join(names, ", "))
}

func (c *Client) isKnown(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[name]
}

func (c *Client) learn(names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range names {
		c.known[name] = true
	}
}
