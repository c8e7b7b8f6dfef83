package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// site is everything that one scenario runs on: servers, workers, and the links
// between them and their users, in a directory of its own.
type site struct {
	dir      string
	programs programs
	log      *journal
	nodes    []*node
	hands    []*hand
	links    []*link
	disk     *disk
	linked   bool
}

// layout says how a site is built.
type layout struct {
	nodes, workers int
	// linked puts a link between each party and the server.
	linked bool
	// clocks are how wrong the workers' clocks are, one after another; the rest are
	// right.
	clocks []time.Duration
	// disk is the size of the server's disk in megabytes, 0 for that of the machine.
	disk int
}

// newSite starts servers and workers. The site has to be closed also where an error is
// returned.
func newSite(ctx context.Context, dir string, p programs, l layout, log *journal) (*site, error) {
	s := &site{dir: dir, programs: p, log: log, linked: l.linked}
	if err := s.serve(ctx, l); err != nil {
		return s, err
	}
	for i := range l.workers {
		var off time.Duration
		if i < len(l.clocks) {
			off = l.clocks[i]
		}
		if err := s.hire(fmt.Sprintf("w%d", i+1), len(l.clocks) > 0, off); err != nil {
			return s, err
		}
	}
	return s, nil
}

// serve starts the servers.
func (s *site) serve(ctx context.Context, l layout) (err error) {
	store, megabytes := "", maxStore
	if l.disk > 0 {
		if s.disk, err = newDisk(filepath.Join(s.dir, "disk"), l.disk, s.log); err != nil {
			return err
		}
		store = s.disk.dir
		if !s.disk.mounted {
			megabytes = l.disk
		}
	}
	if s.nodes, err = newNodes(s.dir, s.programs.server, l.nodes, store, megabytes); err != nil {
		return err
	}
	for _, n := range s.nodes {
		if err := n.start(); err != nil {
			return err
		}
	}
	return s.ready(ctx)
}

// ready waits until all servers serve, and where they are a cluster until all of
// them have everything.
func (s *site) ready(ctx context.Context) error {
	for _, n := range s.nodes {
		if err := n.ready(ctx); err != nil {
			return err
		}
	}
	if len(s.nodes) == 1 {
		return nil
	}
	w, err := dial(s.url())
	if err != nil {
		return err
	}
	defer w.close()
	return until(ctx, 100*time.Millisecond, func() error {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		if err := w.placed(ctx, len(s.nodes)); err != nil {
			return err
		}
		return w.replicasInStep(ctx)
	})
}

// url is where the servers are found, around all links.
func (s *site) url() string {
	var urls []string
	for _, n := range s.nodes {
		urls = append(urls, n.url())
	}
	return strings.Join(urls, ",")
}

// way returns where a party finds the servers: through a link of its own, if the site
// has links.
func (s *site) way(party string) (string, error) {
	if !s.linked {
		return s.url(), nil
	}
	l, err := newLink(party, s.nodes[0].address)
	if err != nil {
		return "", err
	}
	s.links = append(s.links, l)
	return l.url(), nil
}

// begun is the path of the file in which executions are counted.
func (s *site) begun() string { return filepath.Join(s.dir, "begun") }

// hire starts a worker of that name. Every other worker has no cache.
func (s *site) hire(name string, skewed bool, off time.Duration) error {
	url, err := s.way(name)
	if err != nil {
		return err
	}
	h := &hand{name: name, log: s.log}
	path, env := s.programs.app, []string(nil)
	if skewed {
		if h.clock, err = newClock(filepath.Join(s.dir, name+".clock"), off); err != nil {
			return err
		}
		path, env = s.programs.skewed, []string{clockVariable + "=" + h.clock.path}
	}
	cache := "0"
	if len(s.hands)%2 == 1 {
		cache = "-1"
	}
	args := []string{"-nats-url", url, "-begun", s.begun(), "-cache-size", cache, "-replicas", fmt.Sprint(len(s.nodes))}
	h.launch = func(id string) (*process, error) {
		return launch(s.dir, name, path, env, append([]string{"-id", id}, args...)...)
	}
	s.hands = append(s.hands, h)
	return h.work()
}

// deaths counts the workers that have ended by themselves.
func (s *site) deaths() int {
	sum := 0
	for _, h := range s.hands {
		sum += h.deathCount()
	}
	return sum
}

// closePatience is how long a process may take to end by itself.
const closePatience = 5 * time.Second

// close ends all that the site has started.
func (s *site) close() error {
	var workers, servers []*process
	for _, h := range s.hands {
		if p := h.hold(); p != nil {
			_ = p.proceed()
			workers = append(workers, p)
		}
	}
	for _, n := range s.nodes {
		if n.process != nil {
			_ = n.proceed()
			servers = append(servers, n.process)
		}
	}
	quitAll(closePatience, workers...)
	for _, l := range s.links {
		l.close()
	}
	quitAll(closePatience, servers...)
	for _, n := range s.nodes {
		n.leave()
	}
	if s.disk != nil {
		return s.disk.close()
	}
	return nil
}
