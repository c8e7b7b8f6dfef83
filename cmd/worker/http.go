package main

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/dormouse-dev/dormouse/internal/cli"
	"github.com/dormouse-dev/dormouse/pkg/access"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/httpapi"
)

// httpFlags are the flags of the HTTP API.
type httpFlags struct {
	address   string
	asked     bool // asked is set if --http was given
	open      bool // open is set if the API is served without a key
	rpc       string
	keys      cli.KeysFlag
	certFile  string
	keyFile   string
	publicURL string
	origins   []string
	insecure  bool
}

func (h *httpFlags) bind(flags *pflag.FlagSet) {
	flags.StringVar(&h.address, "http", "127.0.0.1:7071", "where the HTTP API listens (empty: nowhere)")
	flags.StringVar(&h.rpc, "http-rpc", "", "loopback address on which the HTTP API listens too, without keys, for clients that have an rpcBaseUrl and can send none")
	h.keys.AddFlag(flags)
	flags.StringVar(&h.certFile, "http-tls-cert", "", "TLS certificate file of the HTTP API")
	flags.StringVar(&h.keyFile, "http-tls-key", "", "TLS key file of the HTTP API")
	flags.StringVar(&h.publicURL, "http-public-url", "", "how callers reach the HTTP API, where not by the host they name")
	flags.StringArrayVar(&h.origins, "http-cors", nil, "origin of web pages that may call the HTTP API, or *; may be repeated")
	flags.BoolVar(&h.insecure, "http-insecure", false, "serve the HTTP API without a key on any address, by any name")
}

// check returns an error if a flag is not valid.
func (h *httpFlags) check() error {
	if h.address != "" {
		if err := cli.CheckListen("http", h.address, "127.0.0.1:7071"); err != nil {
			return err
		}
	}
	if h.rpc != "" {
		if err := cli.CheckListen("http-rpc", h.rpc, "127.0.0.1:17071"); err != nil {
			return err
		}
	}
	if (h.certFile == "") != (h.keyFile == "") {
		return cli.Usagef("--http-tls-cert and --http-tls-key belong together: give both")
	}
	return nil
}

// listenHTTP begins to listen for HTTP, unless --http is empty. If another process has the
// default port, and --http was not given, the API is not served: several workers may run on
// one computer.
func (c *command) listenHTTP(p *place) (*httpapi.Server, error) {
	h := &c.http
	if h.address == "" {
		return nil, nil
	}
	keys, err := h.keys.Read()
	if err != nil {
		return nil, err
	}
	h.open = keys == nil
	c.warn(keys)
	api, err := httpapi.New(httpapi.Config{
		Hubs: map[string]*client.Client{c.Hub: client.New(p.hub)}, Keys: keys, AnyHost: h.insecure,
		Hints: httpapi.Hints{
			Origin: "let its origin in with --http-cors",
			Host:   "let it in with --http-public-url, or give keys with --http-keys",
			Hub:    fmt.Sprintf("this worker was started with --hub %s", c.Hub),
		},
		Origins: h.origins, PublicURL: h.publicURL, MaxBody: p.hub.MaxPayload(), Logger: c.workerConfig.Logger,
	})
	if err != nil {
		return nil, cli.Usagef("%w", err)
	}
	server, err := httpapi.Listen(httpapi.ServerConfig{
		Address: h.address, API: api, Insecure: h.insecure, CertFile: h.certFile, KeyFile: h.keyFile,
	})
	switch {
	case err == nil:
		p.OnClose(func() { _ = server.Close() })
		return server, nil
	case errors.Is(err, httpapi.ErrNotLoopback):
		return nil, cli.Usagef("%w: give keys (--http-keys), or say --http-insecure", err)
	case errors.Is(err, syscall.EADDRINUSE) && !h.asked:
		c.workerConfig.Logger.Warn("the HTTP API is not served: its address is in use; --http gives it another", "address", h.address)
		return nil, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: give another with --http, or none with --http \"\"", err)
	}
	return nil, err
}

// warn logs the risks of the keys.
func (c *command) warn(keys *access.Keys) {
	for _, warning := range keys.Warnings() {
		c.workerConfig.Logger.Warn("keys of the HTTP API: " + warning)
	}
}

// listenRPC begins to listen for clients on this computer that cannot send a key, if
// --http-rpc asks for that. Everybody who can connect to the address may do everything.
func (c *command) listenRPC(p *place) (*httpapi.Server, error) {
	h := &c.http
	if h.rpc == "" {
		return nil, nil
	}
	api, err := httpapi.New(httpapi.Config{
		Hubs:    map[string]*client.Client{c.Hub: client.New(p.hub)},
		MaxBody: p.hub.MaxPayload(), Logger: c.workerConfig.Logger,
	})
	if err != nil {
		return nil, err
	}
	server, err := httpapi.Listen(httpapi.ServerConfig{Address: h.rpc, API: api})
	switch {
	case err == nil:
		p.OnClose(func() { _ = server.Close() })
		return server, nil
	case errors.Is(err, httpapi.ErrNotLoopback):
		return nil, cli.Usagef("--http-rpc %s: %w, and this one never has a key", h.rpc, err)
	}
	return nil, fmt.Errorf("--http-rpc: %w", err)
}

// rpcBaseURL returns the rpcBaseUrl for clients on this computer, empty for none.
func (s *service) rpcBaseURL() string {
	if s.rpc == nil {
		return ""
	}
	return s.rpc.URL() + access.Base + "/"
}

// httpURL returns the URL of the API, empty if it is not served.
func (s *service) httpURL() string {
	if s.http == nil {
		return ""
	}
	return s.http.URL() + access.Base
}
