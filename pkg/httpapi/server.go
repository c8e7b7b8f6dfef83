package httpapi

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// ErrNotLoopback: without a key the API may be served on a loopback address only.
var ErrNotLoopback = errors.New("without a key only a loopback address is served")

// ServerConfig says where an API is served.
type ServerConfig struct {
	// Address is host:port; port 0 takes a free one.
	Address string
	API     *API
	// Insecure serves any address without a key.
	Insecure bool
	// CertFile and KeyFile are the files of a TLS certificate, which are read again when they
	// change; empty for plain HTTP.
	CertFile, KeyFile string
	// DrainTimeout is how long requests may take to finish when the server stops; 10 s if 0.
	DrainTimeout time.Duration
	// HeaderTimeout, ReadTimeout and IdleTimeout are limits against slow callers: for a header
	// (10 s if 0), for a whole request (30 s), and for how long a connection may be idle (120
	// s).
	HeaderTimeout, ReadTimeout, IdleTimeout time.Duration
	// MaxConnections is how many connections may be open at a time, 6,000 if 0. Further
	// callers wait in the queue of the operating system.
	MaxConnections int
}

// maxHeader is the largest header, in bytes.
const maxHeader = 64 << 10

// Server serves an API.
type Server struct {
	config   ServerConfig
	listener net.Listener
	server   *http.Server
	// secure is set if the server speaks TLS.
	secure bool
}

// Listen begins to listen; requests are answered from [Server.Run] on. It returns
// [ErrNotLoopback], or an error about the address or the certificate.
func Listen(config ServerConfig) (*Server, error) {
	api := config.API
	if api.config.Keys == nil && !config.Insecure && !isLoopback(config.Address) {
		return nil, fmt.Errorf("%w: %q is none", ErrNotLoopback, config.Address)
	}
	s := &Server{config: config, server: newHTTPServer(config)}
	if config.CertFile != "" || config.KeyFile != "" {
		c, err := newCertificate(config.CertFile, config.KeyFile, api.config.Logger)
		if err != nil {
			return nil, err
		}
		s.secure = true
		s.server.TLSConfig = &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	}
	listener, err := net.Listen("tcp", config.Address)
	if err != nil {
		return nil, fmt.Errorf("listening for HTTP: %w", err)
	}
	// Only the address that is listened on tells what a name stands for.
	if open := api.config.Keys != nil || config.Insecure; !open && !isLoopback(listener.Addr().String()) {
		_ = listener.Close()
		return nil, fmt.Errorf("%w: %q is %s", ErrNotLoopback, config.Address, listener.Addr())
	}
	s.listener = limitListener(listener, cmp.Or(config.MaxConnections, 6000))
	if s.secure {
		s.listener = newHandshakes(s.listener, s.server.TLSConfig, api)
	} else {
		s.listener = guarded{s.listener, api}
	}
	return s, nil
}

func newHTTPServer(config ServerConfig) *http.Server {
	return &http.Server{
		Handler:           config.API,
		ReadHeaderTimeout: cmp.Or(config.HeaderTimeout, 10*time.Second),
		ReadTimeout:       cmp.Or(config.ReadTimeout, 30*time.Second),
		WriteTimeout:      cmp.Or(config.ReadTimeout, 30*time.Second) + sendTimeout,
		IdleTimeout:       cmp.Or(config.IdleTimeout, 120*time.Second),
		MaxHeaderBytes:    maxHeader,
		ConnContext:       withGuard,
		// The API itself answers OPTIONS *.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(config.API.config.Logger.Handler(), slog.LevelDebug),
	}
}

// isLoopback reports whether an address can be reached from this computer only.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// URL returns where the server can be reached. The URL of a server that listens on all
// addresses names localhost.
func (s *Server) URL() string {
	scheme := "http://"
	if s.secure {
		scheme = "https://"
	}
	address, ok := s.listener.Addr().(*net.TCPAddr)
	if ok && address.IP.IsUnspecified() {
		return scheme + net.JoinHostPort("localhost", strconv.Itoa(address.Port))
	}
	return scheme + s.listener.Addr().String()
}

// Close stops listening; it is for a server that is not run.
func (s *Server) Close() error { return s.listener.Close() }

// Run answers requests until ctx ends. Then it ends those that wait, lets the others finish,
// and returns nil. It must not be called twice.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(s.listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving HTTP: %w", err)
	case <-ctx.Done():
	}
	s.config.API.Close()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(s.config.DrainTimeout, 10*time.Second))
	defer cancel()
	if err := s.server.Shutdown(drain); err != nil {
		_ = s.server.Close() // the drain timeout is over
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving HTTP: %w", err)
	}
	return nil
}
