package jetstream

import (
	"cmp"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// A server that could not write to its files, because the disk was full for instance, does not
// write to them again before it is started anew. The process that has the server in it does
// so, as soon as it can write there itself.

const (
	// healthInterval is how often the server is looked at.
	healthInterval = 2 * time.Second
	// firstRepair and longestRepair bound the pauses between two starts of the server.
	firstRepair, longestRepair = 5 * time.Second, 5 * time.Minute
	// probeSize is how much must fit into the data directory before the server is started.
	probeSize = 1 << 20
)

// inProcess connects to the server that there is now.
type inProcess struct{ e *Embedded }

// InProcessConn is for the NATS client.
func (p inProcess) InProcessConn() (net.Conn, error) { return p.e.current().InProcessConn() }

func (e *Embedded) current() *server.Server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.server
}

// look looks after the server until the Embedded is shut down.
func (e *Embedded) look() {
	defer close(e.looked)
	tick := time.NewTicker(healthInterval)
	defer tick.Stop()
	reported, pause, next := "", firstRepair, time.Time{}
	for {
		select {
		case <-tick.C:
		case <-e.quit:
			return
		}
		if e.isRobbed() {
			e.giveUp()
			return
		}
		why := ailment(e.current())
		if why == "" {
			reported = ""
			continue
		}
		if why != reported {
			e.log.Error("the embedded NATS server cannot write to its files; it is started again when it can", keyReason, why)
			reported = why
		}
		if time.Now().Before(next) || e.probe() != nil {
			continue
		}
		if time.Since(next) > longestRepair {
			pause = firstRepair
		}
		e.restart()
		next = time.Now().Add(pause)
		pause = min(2*pause, longestRepair)
	}
}

func (e *Embedded) storeDir() string {
	return filepath.Join(e.config.DataDir, server.JetStreamStoreDir)
}

// isRobbed reports whether the server's files were removed, or others put in their place. The
// server itself does not notice: it goes on with files that are open, and acknowledges
// messages that are kept nowhere.
func (e *Embedded) isRobbed() bool {
	now, err := os.Stat(e.storeDir())
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(e.store, now)
}

// giveUp ends the server. It is not started again on a directory that may be another process's
// by now; its owner sees that the connections are closed.
func (e *Embedded) giveUp() {
	e.log.Error("the data directory was removed under the embedded NATS server, which ends", keyDirectory, e.config.DataDir)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, nc := range e.connections {
		nc.Close()
	}
	e.server.Shutdown()
}

// ailment returns why a server stores nothing and will not by itself, empty if it does.
func ailment(s *server.Server) string {
	if !s.Running() {
		return "it does not run"
	}
	switch health := s.Healthz(nil); {
	case !s.JetStreamEnabled():
		return health.Error
	case strings.Contains(health.Error, "write error"):
		return health.Error
	}
	return ""
}

// probe tries whether something can be written to the data directory.
func (e *Embedded) probe() error {
	path := filepath.Join(e.config.DataDir, "dormouse.probe")
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	if _, err = file.Write(make([]byte, probeSize)); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// restart puts a new server in the place of the old one, at the same address.
func (e *Embedded) restart() {
	old := e.current()
	address := old.Addr() // nil once it is stopped
	old.Shutdown()
	old.WaitForShutdown()
	s, err := e.startAgain(address)
	if err != nil {
		e.log.Error("the embedded NATS server could not be started again; trying again", keyError, err)
		return
	}
	e.mu.Lock()
	e.server = s
	e.mu.Unlock()
	e.log.Info("the embedded NATS server was started again and can write to its files")
}

// startAgain starts a server like the one before.
func (e *Embedded) startAgain(address net.Addr) (*server.Server, error) {
	if tcp, ok := address.(*net.TCPAddr); ok {
		host, _, err := net.SplitHostPort(e.config.Listen)
		if err != nil {
			return nil, err
		}
		e.config.Listen = net.JoinHostPort(host, strconv.Itoa(tcp.Port))
	}
	options, err := e.config.serverOptions()
	if err != nil {
		return nil, err
	}
	if e.logins != nil {
		if err := e.logins.configure(options, cmp.Or(e.config.Hub, DefaultName)); err != nil {
			return nil, err
		}
	}
	return startServer(options, e.log)
}
