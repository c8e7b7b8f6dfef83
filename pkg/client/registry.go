package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Registry tells which orchestrators and activities workers have registered on a hub;
// [Client.Registry] returns it.
type Registry struct {
	hub Hub

	mu sync.Mutex
	// known are orchestrators that were found in the hub. A name never leaves a hub, so the
	// hub is not asked for a known one again.
	known map[string]bool
}

func newRegistry(hub Hub) *Registry { return &Registry{hub: hub, known: map[string]bool{}} }

// Orchestrators returns the names of the orchestrators that workers have registered on the
// hub, sorted.
func (r *Registry) Orchestrators(ctx context.Context) ([]string, error) {
	names, err := r.hub.Registered(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the names of orchestrators: %w", err)
	}
	return names, nil
}

// Activities returns the names of the activities that workers have registered on the hub,
// sorted. It is empty if all workers are older than this list.
func (r *Registry) Activities(ctx context.Context) ([]string, error) {
	names, err := r.hub.RegisteredActivities(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the names of activities: %w", err)
	}
	return names, nil
}

// unregisteredTimeout bounds the look for unregistered activities: a status can be shown
// without them.
const unregisteredTimeout = 2 * time.Second

// Unregistered returns the names of the activities that the instance waits for and that no
// worker has registered: most often they are misspelt. It asks the hub only if the instance
// waits for an activity. It returns none if the hub does not answer, or knows of no activity
// at all because its workers are older than the list.
func (r *Registry) Unregistered(ctx context.Context, i *Instance) []string {
	var awaited []string
	for _, w := range i.Waits {
		if w.Kind == WaitActivity && !slices.Contains(awaited, w.Name) {
			awaited = append(awaited, w.Name)
		}
	}
	if len(awaited) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, unregisteredTimeout)
	defer cancel()
	known, err := r.Activities(ctx)
	if err != nil || len(known) == 0 {
		return nil
	}
	return slices.DeleteFunc(awaited, func(name string) bool { return slices.Contains(known, name) })
}

// check returns ErrUnknownOrchestrator unless a worker has registered the orchestrator.
func (r *Registry) check(ctx context.Context, orchestrator string) error {
	if r.isKnown(orchestrator) {
		return nil
	}
	names, err := r.Orchestrators(ctx)
	if err != nil {
		return err
	}
	r.learn(names)
	switch {
	case r.isKnown(orchestrator):
		return nil
	case len(names) == 0:
		return fmt.Errorf("%w %q: no worker has registered any on this hub, start one first", ErrUnknownOrchestrator, orchestrator)
	}
	return fmt.Errorf("%w %q: this hub knows %s", ErrUnknownOrchestrator, orchestrator, strings.Join(names, ", "))
}

func (r *Registry) isKnown(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[name]
}

func (r *Registry) learn(names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range names {
		r.known[name] = true
	}
}
