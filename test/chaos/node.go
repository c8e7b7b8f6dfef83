package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/port"
)

// node is a NATS server in a process of its own, which can be killed and started
// again at the same place.
type node struct {
	*process
	name, dir, program string
	address, route     string
	reserved           []func()
	config             string
}

// maxStore is how many megabytes a node may write to disk where nothing else is said.
const maxStore = 2048

// newNodes returns the nodes of a site that are yet to be started: one, or a cluster.
// Each stores up to so many megabytes in <dir>/<name>, or in store if that is given.
func newNodes(dir, program string, count int, store string, megabytes int) ([]*node, error) {
	var nodes []*node
	var routes []string
	for i := range count {
		n := &node{name: fmt.Sprintf("n%d", i+1), dir: dir, program: program}
		nodes = append(nodes, n)
		if err := n.settle(); err != nil {
			return nodes, err
		}
		routes = append(routes, "nats://"+n.route)
	}
	for _, n := range nodes {
		path := store
		if path == "" {
			path = filepath.Join(dir, n.name)
		}
		if err := n.configure(path, megabytes, routes); err != nil {
			return nodes, err
		}
	}
	return nodes, nil
}

// settle reserves the node's addresses until leave is called.
func (n *node) settle() error {
	for _, address := range []*string{&n.address, &n.route} {
		at, release, err := port.Reserve()
		if err != nil {
			return err
		}
		*address, n.reserved = at, append(n.reserved, release)
	}
	return nil
}

func (n *node) leave() {
	for _, release := range n.reserved {
		release()
	}
}

// configure writes the node's configuration file.
func (n *node) configure(store string, megabytes int, routes []string) error {
	text := fmt.Sprintf("server_name: %s\nlisten: %q\njetstream { store_dir: %q, max_file_store: %dMB }\n", n.name, n.address, store, megabytes)
	if len(routes) > 1 {
		text += fmt.Sprintf("cluster { name: chaos, listen: %q, no_advertise: true, routes: [%s] }\n", n.route, strings.Join(routes, ", "))
	}
	n.config = filepath.Join(n.dir, n.name+".conf")
	return os.WriteFile(n.config, []byte(text), 0o600)
}

// start starts the node's process; see ready.
func (n *node) start() (err error) {
	n.process, err = launch(n.dir, n.name, n.program, nil, "-c", n.config)
	return err
}

// url is where clients find the node.
func (n *node) url() string { return "nats://" + n.address }

// ready waits until the node's JetStream answers, which in a cluster it does once
// there is a leader.
func (n *node) ready(ctx context.Context) error {
	return until(ctx, 50*time.Millisecond, func() error {
		if !n.running() {
			return fmt.Errorf("server %s has ended: %w: see %s.log", n.name, n.err, n.name)
		}
		w, err := dial(n.url())
		if err != nil {
			return err
		}
		defer w.close()
		return w.ready(ctx)
	})
}
