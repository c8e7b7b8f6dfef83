package main

import (
	"context"
	"math/rand/v2"
)

// pause stops a process by SIGSTOP, and lets it go on by SIGCONT. To all others it
// looks as if its machine had stopped to answer, with all connections open.
type pause struct {
	about
	process *process
}

func pauseWorker(a *arena, random *rand.Rand) fault {
	h := pick(random, a.site.hands)
	return &pause{about{"a worker stands still (SIGSTOP)", h.name, true}, h.process()}
}

func pauseServer(a *arena, random *rand.Rand) fault {
	n := pick(random, a.site.nodes)
	what := "the server stands still (SIGSTOP)"
	if len(a.site.nodes) > 1 {
		what = "a node of three stands still (SIGSTOP)"
	}
	return &pause{about{what, n.name, false}, n.process}
}

func (f *pause) inject(context.Context) error { return f.process.pause() }

func (f *pause) heal(context.Context) error { return f.process.proceed() }
