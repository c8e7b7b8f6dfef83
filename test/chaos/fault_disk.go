package main

import (
	"context"
	"math/rand/v2"
)

// fullDisk fills the server's disk. Once there is room again the server is started
// anew, as its operator would do: it does not come back to a disk by itself.
type fullDisk struct {
	about
	site *site
	wire *wire
}

func fillDisk(a *arena, _ *rand.Rand) fault {
	what := "the server's disk is full"
	if !a.site.disk.mounted {
		what = "the server's store has reached its limit"
	}
	return &fullDisk{about{what: what}, a.site, a.wire}
}

func (f *fullDisk) inject(ctx context.Context) error {
	if f.site.disk.mounted {
		return f.site.disk.fill()
	}
	return f.wire.fill(ctx)
}

func (f *fullDisk) heal(ctx context.Context) error {
	if !f.site.disk.mounted {
		return f.wire.free(ctx)
	}
	if err := f.site.disk.free(); err != nil {
		return err
	}
	n := f.site.nodes[0]
	n.quit(closePatience)
	if err := n.start(); err != nil {
		return err
	}
	return f.site.ready(ctx)
}

// squeeze gives the control stream a limit of bytes while no worker takes anything out
// of it.
type squeeze struct {
	killHands
	wire *wire
}

// room is how many bytes the control stream may still take.
const room = 16 << 10

func squeezeControl(a *arena, _ *rand.Rand) fault {
	return &squeeze{killHands{about{what: "the control stream has reached its limit of bytes, and all workers are gone"}, a.site.hands}, a.wire}
}

func (f *squeeze) inject(ctx context.Context) error {
	if err := f.killHands.inject(ctx); err != nil {
		return err
	}
	return f.wire.squeeze(ctx, controlStream, room)
}

func (f *squeeze) heal(ctx context.Context) error {
	if err := f.wire.squeeze(ctx, controlStream, -1); err != nil {
		return err
	}
	return f.killHands.heal(ctx)
}
