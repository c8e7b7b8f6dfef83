package httpapi

import (
	"net"
	"sync"
)

// turnstile is a listener with so many connections at a time.
type turnstile struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once
}

func newTurnstile(l net.Listener, most int) *turnstile {
	return &turnstile{Listener: l, places: make(chan struct{}, most), closed: make(chan struct{})}
}

// Accept waits for a connection, and for a place for it.
func (t *turnstile) Accept() (net.Conn, error) {
	select {
	case t.places <- struct{}{}:
	case <-t.closed:
		return nil, net.ErrClosed
	}
	connection, err := t.Listener.Accept()
	if err != nil {
		<-t.places
		return nil, err
	}
	return &placed{Conn: connection, leave: sync.OnceFunc(func() { <-t.places })}, nil
}

// Close stops listening.
func (t *turnstile) Close() error {
	t.once.Do(func() { close(t.closed) })
	return t.Listener.Close()
}

// placed is a connection that has a place.
type placed struct {
	net.Conn
	leave func()
}

// CloseWrite tells the caller that nothing more comes, and lets it finish: an answer that
// is on its way is lost where a connection is closed while the caller is sending.
func (p *placed) CloseWrite() error {
	if half, can := p.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return nil
}

// Close closes the connection, whose place is free then.
func (p *placed) Close() error {
	defer p.leave()
	return p.Conn.Close()
}
