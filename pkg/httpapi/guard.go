package httpapi

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
)

// guard is a connection with HTTP/1 on it. It keeps the head of the present request as it was
// sent, since net/http changes it; and where net/http refuses a request by itself, it replaces
// that answer by one of this API.
type guard struct {
	net.Conn
	api *API

	mu sync.Mutex
	// head is the beginning of the request.
	head []byte
	// whole is set when the head has arrived to its end. answered is set when the next bytes
	// to arrive are those of another request.
	whole, answered bool
}

// Read reads from the caller.
func (g *guard) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	g.mu.Lock()
	defer g.mu.Unlock()
	if n > 0 && g.answered {
		g.head, g.whole, g.answered = g.head[:0], false, false
	}
	if n > 0 && !g.whole {
		g.head = append(g.head, p[:n]...)
		g.whole = headEnd(g.head) >= 0 || len(g.head) > maxHeader
	}
	return n, err
}

// Write writes an answer, or a part of one.
func (g *guard) Write(p []byte) (int, error) {
	g.mu.Lock()
	g.answered = true
	r := newRefusal(p, g.head)
	g.mu.Unlock()
	if r == nil {
		return g.Conn.Write(p)
	}
	if _, err := g.Conn.Write(r.answer()); err != nil {
		return 0, err
	}
	r.log(g.api, g.RemoteAddr())
	return len(p), nil
}

// CloseWrite tells the caller that nothing more comes.
func (g *guard) CloseWrite() error {
	if half, can := g.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return nil
}

// headEnd returns where the head of a request ends, -1 if its end has not arrived yet.
func headEnd(data []byte) int {
	for i := 0; ; {
		end := bytes.IndexByte(data[i:], '\n')
		if end < 0 {
			return -1
		}
		if i > 0 && len(bytes.TrimRight(data[i:i+end], "\r")) == 0 {
			return i + end + 1
		}
		i += end + 1
	}
}

// guardKey is the key of the guard in a request's context.
type guardKey struct{}

// withGuard puts the guard of a connection into its context, for [http.Server.ConnContext].
func withGuard(ctx context.Context, c net.Conn) context.Context {
	switch c := c.(type) {
	case *guard:
		return context.WithValue(ctx, guardKey{}, c)
	case *securedGuard:
		return context.WithValue(ctx, guardKey{}, &c.guard)
	}
	return ctx
}

// checkFraming refuses a request that says in two ways how long its body is. A proxy on the
// way may have believed the other one, and taken a part of this body for the next request, or
// the next request for a part of this body.
func checkFraming(x *exchange) error {
	g, guarded := x.ctx().Value(guardKey{}).(*guard)
	if !guarded {
		return nil
	}
	length, encoding, known := g.framing(x.r)
	switch {
	case known && length && encoding:
		x.w.Header().Set("Connection", "close")
		return problemf(http.StatusBadRequest, "a request has either a Content-Length or a Transfer-Encoding")
	case !known && len(x.r.TransferEncoding) > 0:
		// The caller did not wait for the answer to the request before.
		x.w.Header().Set("Connection", "close")
	}
	return nil
}

// framing reports which headers tell the length of the body, of the two that can, and whether
// the head of the request is known.
func (g *guard) framing(r *http.Request) (length, encoding, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	end := headEnd(g.head)
	if end < 0 || !isHeadOf(g.head, r) {
		return false, false, false
	}
	for line := range bytes.Lines(g.head[:end]) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		name = bytes.TrimSpace(name)
		length = length || bytes.EqualFold(name, []byte("Content-Length"))
		encoding = encoding || bytes.EqualFold(name, []byte("Transfer-Encoding"))
	}
	g.head = g.head[:0] // the head belongs to no other request
	return length, encoding, true
}

// isHeadOf reports whether the head is that of the request, as far as its first line tells.
func isHeadOf(head []byte, r *http.Request) bool {
	for _, part := range []string{r.Method, " ", r.RequestURI, " HTTP/"} {
		if len(head) < len(part) || string(head[:len(part)]) != part {
			return false
		}
		head = head[len(part):]
	}
	return true
}

// guarded is a listener whose connections have guards.
type guarded struct {
	net.Listener
	api *API
}

// Accept waits for a connection.
func (l guarded) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &guard{Conn: c, api: l.api}, nil
}
