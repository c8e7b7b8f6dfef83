package httpapi

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"
)

// handshakeTime is how long a TLS handshake may take.
const handshakeTime = 10 * time.Second

// handshakes is a listener that makes TLS handshakes. Its connections with HTTP/1 have guards;
// if net/http made the handshakes, no guard could stand between.
type handshakes struct {
	net.Listener
	config *tls.Config
	api    *API
	ready  chan accepted
	//nolint:containedctx // it belongs to no request: it ends the handshakes that are in progress
	ctx  context.Context
	stop context.CancelFunc
}

// accepted is a result of Accept.
type accepted struct {
	net.Conn
	err error
}

func newHandshakes(l net.Listener, config *tls.Config, api *API) *handshakes {
	h := &handshakes{Listener: l, config: config, api: api, ready: make(chan accepted)}
	h.ctx, h.stop = context.WithCancel(context.Background())
	go h.run()
	return h
}

// run accepts connections until the listener is closed.
func (h *handshakes) run() {
	for {
		c, err := h.Listener.Accept()
		if err == nil {
			go h.shake(c)
			continue
		}
		h.hand(accepted{err: err})
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

// shake makes the handshake of a connection and hands the connection on.
func (h *handshakes) shake(c net.Conn) {
	ctx, cancel := context.WithTimeout(h.ctx, handshakeTime)
	defer cancel()
	t := tls.Server(c, h.config)
	if err := t.HandshakeContext(ctx); err != nil {
		h.api.config.Logger.Debug("a TLS handshake has failed", slog.Any("error", err), slog.String("remote", c.RemoteAddr().String()))
		var plain tls.RecordHeaderError
		if errors.As(err, &plain) && plain.Conn != nil {
			r := &refusal{status: 400, why: "this port speaks HTTPS", request: "none"}
			_, _ = plain.Conn.Write(r.answer()) // a caller that has gone cannot be told
		}
		_ = c.Close()
		return
	}
	if t.ConnectionState().NegotiatedProtocol == "h2" {
		h.hand(accepted{Conn: t})
		return
	}
	h.hand(accepted{Conn: &securedGuard{guard{Conn: t, api: h.api}, t}})
}

// hand hands a result to the caller of Accept.
func (h *handshakes) hand(a accepted) {
	select {
	case h.ready <- a:
	case <-h.ctx.Done():
		if a.Conn != nil {
			_ = a.Close()
		}
	}
}

// Accept waits for a connection.
func (h *handshakes) Accept() (net.Conn, error) {
	select {
	case a := <-h.ready:
		return a.Conn, a.err
	case <-h.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close stops listening, and ends the handshakes that are in progress.
func (h *handshakes) Close() error {
	h.stop()
	return h.Listener.Close()
}

// securedGuard is a guard whose connection has TLS.
type securedGuard struct {
	guard
	tls *tls.Conn
}

// ConnectionState tells net/http that there is TLS.
func (g *securedGuard) ConnectionState() tls.ConnectionState { return g.tls.ConnectionState() }
