package main

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"
)

// breakLinks spoils links between parties and the server.
type breakLinks struct {
	about
	links []*link
	spoil func(*link)
}

// worst is by how much a slow link delays each piece of what is said.
const worst = 250 * time.Millisecond

func (f *breakLinks) inject(context.Context) error {
	for _, l := range f.links {
		f.spoil(l)
	}
	return nil
}

func (f *breakLinks) heal(context.Context) error {
	for _, l := range f.links {
		l.heal()
	}
	return nil
}

// ofWorker draws the link of a worker.
func ofWorker(a *arena, random *rand.Rand) *link {
	name := pick(random, a.site.hands).name
	for _, l := range a.site.links {
		if l.name == name {
			return l
		}
	}
	panic("worker " + name + " has no link")
}

// ofUsers returns the links of all users.
func ofUsers(a *arena) []*link {
	var links []*link
	for _, l := range a.site.links {
		if strings.HasPrefix(l.name, "u") {
			links = append(links, l)
		}
	}
	return links
}

func cutWorker(a *arena, random *rand.Rand) fault {
	l := ofWorker(a, random)
	return &breakLinks{about{"a worker's connection is cut", l.name, true}, []*link{l}, (*link).sever}
}

func stallWorker(a *arena, random *rand.Rand) fault {
	l := ofWorker(a, random)
	return &breakLinks{about{"a worker's connection is stalled", l.name, true}, []*link{l}, (*link).stall}
}

func cutUsers(a *arena, _ *rand.Rand) fault {
	return &breakLinks{about{"the connections of all users are cut", "", true}, ofUsers(a), (*link).sever}
}

func stallUsers(a *arena, _ *rand.Rand) fault {
	return &breakLinks{about{"the connections of all users are stalled", "", true}, ofUsers(a), (*link).stall}
}

func cutEverybody(a *arena, _ *rand.Rand) fault {
	return &breakLinks{about{"all connections are cut", "", false}, a.site.links, (*link).sever}
}

func slowEverybody(a *arena, _ *rand.Rand) fault {
	return &breakLinks{about{"all connections are slow", worst.String(), false}, a.site.links, func(l *link) { l.slow(worst) }}
}
