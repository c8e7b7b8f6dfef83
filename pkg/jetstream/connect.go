package jetstream

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/pkg/jetstream/internal/wire"
)

// ConnectConfig says how to reach NATS. The zero ConnectConfig is a server on this
// machine that asks for no login.
type ConnectConfig struct {
	// URL of the servers, separated by commas; empty for that of the context, or
	// nats://127.0.0.1:4222.
	URL string
	// Context is the name of a context saved by the nats command, or the absolute path of its
	// file. URL and the fields below take precedence over the context. A hub that is opened on
	// the connection is in the JetStream domain, or behind the API prefix, of the context.
	Context string
	// Credentials is the path of a credentials file, NKey that of a file with an
	// NKey seed.
	Credentials string
	NKey        string
	// TLSCert and TLSKey are the paths of a client certificate and its key, TLSCA
	// that of the authorities to trust.
	TLSCert string
	TLSKey  string
	TLSCA   string
	// InboxPrefix begins the subjects on which answers are listened for. If it is empty it
	// is that of the context; otherwise "_INBOX.<user>" where one logs in by a user name
	// and a password, since servers that keep users apart let each listen to an inbox of
	// their own; otherwise "_INBOX". Receipts come only to one that begins with "_INBOX.".
	InboxPrefix string
	// Name is how the connection calls itself at the server.
	Name string
	// Timeout of the first connect, 0 for 2 s.
	Timeout time.Duration
	// Logger is told of interruptions; nil for nothing.
	Logger *slog.Logger
}

const (
	// reconnectWait is the pause between tries to connect again.
	reconnectWait = 500 * time.Millisecond
	// pingInterval is how often a server is asked for a sign of life, and pingsMissed how
	// many answers may be outstanding: a server that hangs is left after half a minute.
	// The library would take six minutes.
	pingInterval = 10 * time.Second
	pingsMissed  = 2
)

// ErrConnect is wrapped by every error of [Connect].
var ErrConnect = errors.New("cannot reach NATS")

// Why [Connect] fails, beside ErrConnect.
var (
	// ErrNoContext: there is no saved context of that name.
	ErrNoContext = errors.New("no such context")
	// ErrNoServer: nothing listens at the address.
	ErrNoServer = errors.New("connection refused")
	// ErrNoHost: the name of the host is not known.
	ErrNoHost = errors.New("there is no host")
	// ErrNoAnswer: something listens at the address, and does not answer as a NATS server.
	ErrNoAnswer = errors.New("no answer in time")
)

// Connect connects to NATS. Once connected, an interruption is repaired however
// long it lasts; what is published meanwhile fails at once. Errors are one line
// and say what to do.
func Connect(config ConnectConfig) (*nats.Conn, error) {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if err := config.checkFiles(); err != nil {
		return nil, err
	}
	options, err := config.options()
	if err != nil {
		return nil, err
	}
	// The library reads the context; only an option sees the URLs in it.
	servers := "the server of context " + config.Context
	options = append(options, func(o *nats.Options) (err error) {
		servers = cmp.Or(config.URL, strings.Join(o.Servers, ","), nats.DefaultURL)
		o.Servers, err = splitURLs(servers)
		if o.InboxPrefix == "" {
			o.InboxPrefix = inboxOf(cmp.Or(o.User, userOf(servers)))
		}
		return err
	})
	nc, err := config.connect(options)
	if err != nil {
		return nil, connectError(servers, err)
	}
	return nc, nil
}

// legalInbox is a user name that can be a part of an inbox.
var legalInbox = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// inboxOf returns the prefix of a user's own inbox, empty for none.
func inboxOf(user string) string {
	if !legalInbox.MatchString(user) {
		return ""
	}
	return wire.InboxPrefix + user
}

func (c ConnectConfig) connect(options []nats.Option) (*nats.Conn, error) {
	if c.Context == "" {
		return nats.Connect(c.URL, options...)
	}
	return connectContext(c.Context, options)
}

// checkFiles finds missing files before the client library reports them in its own words.
func (c ConnectConfig) checkFiles() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return fmt.Errorf("%w: a TLS certificate and its key must be given together", ErrConnect)
	}
	for _, path := range []string{c.Credentials, c.NKey, c.TLSCert, c.TLSKey, c.TLSCA} {
		if path == "" {
			continue
		}
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrConnect, err)
		}
		_ = file.Close()
	}
	return nil
}

func (c ConnectConfig) options() ([]nats.Option, error) {
	options := []nats.Option{
		nats.Name(cmp.Or(c.Name, "dormouse")),
		nats.Timeout(cmp.Or(c.Timeout, nats.DefaultTimeout)),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(pingsMissed),
		// A publisher is told of an interruption at once, and tries again.
		nats.ReconnectBufSize(-1),
	}
	if c.Credentials != "" {
		options = append(options, nats.UserCredentials(c.Credentials))
	}
	if c.NKey != "" {
		option, err := nats.NkeyOptionFromSeed(c.NKey)
		if err != nil {
			return nil, fmt.Errorf("%w: NKey seed in %s: %w", ErrConnect, c.NKey, err)
		}
		options = append(options, option)
	}
	if c.InboxPrefix != "" {
		options = append(options, nats.CustomInboxPrefix(c.InboxPrefix))
	}
	if c.TLSCert != "" {
		options = append(options, nats.ClientCert(c.TLSCert, c.TLSKey))
	}
	if c.TLSCA != "" {
		options = append(options, nats.RootCAs(c.TLSCA))
	}
	return append(options, logging(c.Logger)...), nil
}

// logging logs the events of a connection.
func logging(log *slog.Logger) []nats.Option {
	return []nats.Option{
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("connection to NATS was interrupted; trying to connect again", keyError, err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			if nc.Opts.InProcessServer != nil { // reached without an address; the library makes one up
				log.Info("connected to NATS again")
				return
			}
			log.Info("connected to NATS again", keyServer, RedactURL(nc.ConnectedUrl()))
		}),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			attributes := []any{keyError, err}
			if s != nil {
				attributes = append(attributes, keySubject, s.Subject)
			}
			log.Warn("NATS reports a trouble", attributes...)
		}),
	}
}

// connectError explains an error in one line, with advice, and without the secrets of a URL.
func connectError(server string, err error) error {
	var dns *net.DNSError
	var timeout net.Error
	server = RedactURL(server)
	switch {
	case strings.HasPrefix(err.Error(), "unknown context"), strings.HasPrefix(err.Error(), "invalid context"):
		return fmt.Errorf("%w: %w: %w", ErrConnect, ErrNoContext, err)
	case errors.Is(err, nats.ErrNoServers):
		// That is how the client library reports a refused connection.
		return fmt.Errorf("%w at %s: %w", ErrConnect, server, ErrNoServer)
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return fmt.Errorf("%w at %s: the server refuses this login: check the credentials: %w", ErrConnect, server, err)
	case errors.As(err, &dns):
		return fmt.Errorf("%w at %s: %w %q", ErrConnect, server, ErrNoHost, dns.Name)
	case errors.Is(err, nats.ErrTimeout), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%w at %s: %w", ErrConnect, server, ErrNoAnswer)
	}
	return fmt.Errorf("%w at %s: %w", ErrConnect, server, err)
}
