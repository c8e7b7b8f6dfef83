package main

import (
	"context"
	"math/rand/v2"
)

// fault is something that goes wrong, and is put right again.
type fault interface {
	// kind is the fault's row in the table of recovery times, target what it hits.
	kind() string
	target() string
	inject(ctx context.Context) error
	heal(ctx context.Context) error
	// spares reports whether the hub has to go on serving all partitions while the
	// fault is in force.
	spares() bool
}

// draw draws a fault by lot: which of the workers it hits, for instance.
type draw func(a *arena, random *rand.Rand) fault

// about is what faults have in common.
type about struct {
	what, whom string
	// redundant is set where something else can serve meanwhile.
	redundant bool
}

func (a about) kind() string   { return a.what }
func (a about) target() string { return a.whom }
func (a about) spares() bool   { return a.redundant }

// pick returns one of many, by lot.
func pick[T any](random *rand.Rand, of []T) T { return of[random.IntN(len(of))] }
