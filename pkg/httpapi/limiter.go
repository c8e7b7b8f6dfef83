package httpapi

import (
	"net"
	"sync"
)

// limiter lets in a fixed number at a time.
type limiter chan struct{}

func newLimiter(most int) limiter { return make(limiter, most) }

// enter reports whether there was room. Each caller that got in must leave.
func (l limiter) enter() bool {
	select {
	case l <- struct{}{}:
		return true
	default:
		return false
	}
}

func (l limiter) leave() { <-l }

// limitedListener is a listener that accepts a connection only when there is room for it. It
// is not that of golang.org/x/net/netutil, whose connections cannot be closed for writing
// alone: a caller that is still sending would lose its answer.
type limitedListener struct {
	net.Listener
	room   limiter
	closed chan struct{}
	once   sync.Once
}

func limitListener(l net.Listener, most int) *limitedListener {
	return &limitedListener{Listener: l, room: newLimiter(most), closed: make(chan struct{})}
}

// Accept waits for room, and then for a connection.
func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.room <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	connection, err := l.Listener.Accept()
	if err != nil {
		l.room.leave()
		return nil, err
	}
	return &limitedConn{Conn: connection, leave: sync.OnceFunc(l.room.leave)}, nil
}

// Close stops listening.
func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// limitedConn is a connection of a limitedListener.
type limitedConn struct {
	net.Conn
	leave func()
}

// CloseWrite tells the caller that nothing more comes, and lets it finish sending. If the
// connection were closed at once, an answer that is on its way would be lost.
func (c *limitedConn) CloseWrite() error {
	if half, can := c.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return nil
}

// Close closes the connection and makes room for another.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
