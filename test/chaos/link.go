package main

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// link is a TCP proxy between one party and a server. It can be cut, stalled and
// slowed down, and healed again.
type link struct {
	name, target string
	listener     net.Listener

	mu    sync.Mutex
	cut   bool
	delay time.Duration
	// flows is closed while bytes may flow, and open while the link is stalled.
	flows   chan struct{}
	ends    map[net.Conn]bool
	pumping sync.WaitGroup
}

// newLink listens on a free port of this machine.
func newLink(name, target string) (*link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &link{name: name, target: target, listener: listener, flows: make(chan struct{}), ends: map[net.Conn]bool{}}
	close(l.flows)
	l.pumping.Go(l.accept)
	return l, nil
}

// url is where the party finds the server.
func (l *link) url() string { return "nats://" + l.listener.Addr().String() }

// sever closes all connections and refuses new ones.
func (l *link) sever() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	l.hangUp()
}

func (l *link) hangUp() {
	for end := range l.ends {
		_ = end.Close()
	}
}

// stall keeps the connections, and holds back all that is said on them. It is
// delivered after the healing, also where the party has hung up meanwhile.
func (l *link) stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isOpen() {
		l.flows = make(chan struct{})
	}
}

// slow delays each piece of what is said.
func (l *link) slow(by time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay = by
}

// heal makes the link a good one again.
func (l *link) heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.delay = false, 0
	if !l.isOpen() {
		close(l.flows)
	}
}

func (l *link) isOpen() bool {
	select {
	case <-l.flows:
		return true
	default:
		return false
	}
}

// close ends the link and waits for its goroutines.
func (l *link) close() {
	_ = l.listener.Close()
	l.heal()
	l.sever()
	l.pumping.Wait()
}

func (l *link) accept() {
	for {
		near, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			l.pumping.Go(func() { l.join(near) })
		}
	}
}

// join connects an accepted connection with the server until one of them ends.
func (l *link) join(near net.Conn) {
	defer func() { _ = near.Close() }()
	if l.refuses() {
		return
	}
	far, err := net.DialTimeout("tcp", l.target, time.Second)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	if !l.hold(near, far) {
		return
	}
	defer l.release(near, far)
	var pumps sync.WaitGroup
	pumps.Go(func() { l.pump(far, near) })
	pumps.Go(func() { l.pump(near, far) })
	pumps.Wait()
}

func (l *link) refuses() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

// hold notes connections that sever is to close; false if it has come already.
func (l *link) hold(ends ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, end := range ends {
		l.ends[end] = true
	}
	return !l.cut
}

func (l *link) release(ends ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, end := range ends {
		delete(l.ends, end)
	}
}

// pump copies from one connection to the other; the end of the one is told to the
// other.
func (l *link) pump(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			l.wait()
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			l.wait()
			break
		}
	}
	if half, ok := to.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, from)
}

// wait waits while the link is stalled, and for as long as it is slow.
func (l *link) wait() {
	l.mu.Lock()
	flows, delay := l.flows, l.delay
	l.mu.Unlock()
	<-flows
	if delay > 0 {
		time.Sleep(delay)
	}
}
