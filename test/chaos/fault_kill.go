package main

import (
	"context"
	"math/rand/v2"
)

// killHands kills workers by SIGKILL, and starts them again.
type killHands struct {
	about
	hands []*hand
}

func killOneWorker(a *arena, random *rand.Rand) fault {
	h := pick(random, a.site.hands)
	return &killHands{about{"kill -9 of one worker", h.name, true}, []*hand{h}}
}

func killAllWorkers(a *arena, _ *rand.Rand) fault {
	return &killHands{about{what: "kill -9 of all workers"}, a.site.hands}
}

func (f *killHands) inject(context.Context) error {
	for _, h := range f.hands {
		h.kill()
	}
	return nil
}

func (f *killHands) heal(context.Context) error {
	for _, h := range f.hands {
		if err := h.work(); err != nil {
			return err
		}
	}
	return nil
}

// killNode kills a server by SIGKILL, and starts it again on what it has stored.
type killNode struct {
	about
	site *site
	node *node
}

func killServer(a *arena, random *rand.Rand) fault {
	n := pick(random, a.site.nodes)
	if len(a.site.nodes) == 1 {
		return &killNode{about{what: "kill -9 of the server"}, a.site, n}
	}
	return &killNode{about{"kill -9 of one node of three", n.name, true}, a.site, n}
}

// killLeader kills the node that leads the control stream.
func killLeader(a *arena, random *rand.Rand) fault {
	n := pick(random, a.site.nodes)
	leader := a.wire.leaderOf(context.Background(), controlStream)
	for _, one := range a.site.nodes {
		if one.name == leader {
			n = one
		}
	}
	return &killNode{about{"kill -9 of the node that leads the control stream", n.name, true}, a.site, n}
}

func (f *killNode) inject(context.Context) error {
	f.node.kill()
	return nil
}

// heal is done when the server serves again, and has all that the others have: the
// next fault must not hit the only node that is up to date.
func (f *killNode) heal(ctx context.Context) error {
	if err := f.node.start(); err != nil {
		return err
	}
	return f.site.ready(ctx)
}

// killEverything kills server and workers at once.
type killEverything struct {
	about
	workers killHands
	server  killNode
}

func killAll(a *arena, _ *rand.Rand) fault {
	return &killEverything{
		about{what: "kill -9 of the server and all workers"},
		killHands{hands: a.site.hands}, killNode{site: a.site, node: a.site.nodes[0]},
	}
}

func (f *killEverything) inject(ctx context.Context) error {
	if err := f.server.inject(ctx); err != nil {
		return err
	}
	return f.workers.inject(ctx)
}

func (f *killEverything) heal(ctx context.Context) error {
	if err := f.server.heal(ctx); err != nil {
		return err
	}
	return f.workers.heal(ctx)
}
