package jetstream

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/retry"
)

// EmbeddedConfig says how to run a NATS server within this process.
type EmbeddedConfig struct {
	// DataDir is where the server keeps its data; it is made if it is not there.
	// One process can use it at a time.
	DataDir string
	// Listen is the address that other programs can connect to, such as "127.0.0.1:4222", with
	// port 0 for any that is free; empty for none. Without Auth it must be a loopback address:
	// every program that reaches it can do everything, as can every user of this computer.
	Listen string
	// Auth makes the server ask for a login. There is one for each role of deploy/nats. They
	// are made up at the first start and kept in DataDir; [LoginURL] reads them.
	Auth bool
	// Hub is the name of the hub that the logins are for, empty for "default".
	Hub string
	// SyncAlways makes every write wait until the disk has it, so that not even a
	// power failure loses an event. It costs most of the throughput. Without it
	// the data outlives the process, however that ends.
	SyncAlways bool
	// Logger takes the server's warnings and errors; nil for nothing.
	Logger *slog.Logger
}

// Conditions on starting an embedded server.
var (
	// ErrDataDir: the data directory cannot be made or written to.
	ErrDataDir = errors.New("cannot use the data directory")
	// ErrDataDirInUse: another process runs a server on that data directory.
	ErrDataDirInUse = errors.New("data directory is in use by another process")
	// ErrListen: the address is not one, or it is taken.
	ErrListen = errors.New("cannot listen")
	// ErrNotLoopback: a server that asks for no login shall listen where other computers
	// can reach it.
	ErrNotLoopback = errors.New("without logins only a loopback address is listened on, for whoever reaches the server can do everything")
	// ErrLoginsUnused: the data directory has logins, and the server shall ask for none.
	ErrLoginsUnused = errors.New("the data directory has logins, and the server would ask for none")
)

// readyTimeout is how long the server may take to listen once it has started.
const readyTimeout = 10 * time.Second

// Embedded is a NATS server within this process.
type Embedded struct {
	lock   *flock.Flock
	log    *slog.Logger
	once   sync.Once
	config EmbeddedConfig
	// quit ends the look after the server; looked is closed when it has ended.
	quit, looked chan struct{}

	// store is the directory in which the server keeps its files, as it was at the start.
	store os.FileInfo

	mu     sync.Mutex
	server *server.Server
	// connections are those within the process.
	connections []*nats.Conn
	// logins are nil where the server asks for none.
	logins logins
}

// StartEmbedded starts a NATS server with JetStream on files and waits until it is
// ready. It returns an error wrapping [ErrDataDir], [ErrDataDirInUse], [ErrListen],
// [ErrNotLoopback], [ErrLoginsUnused] or [ErrLoginsExposed].
func StartEmbedded(config EmbeddedConfig) (*Embedded, error) {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	options, err := config.serverOptions()
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(config.DataDir)
	if err != nil {
		return nil, err
	}
	e := &Embedded{lock: lock, log: config.Logger, config: config, quit: make(chan struct{}), looked: make(chan struct{})}
	if err := e.start(config, options); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	if e.store, err = os.Stat(e.storeDir()); err != nil {
		e.server.Shutdown()
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrDataDir, err), lock.Unlock())
	}
	go e.look()
	return e, nil
}

// start starts the server on a directory that is this process's.
func (e *Embedded) start(config EmbeddedConfig, options *server.Options) (err error) {
	if err := e.guard(config, options); err != nil {
		return err
	}
	if e.server, err = startServer(options, config.Logger); err != nil || e.logins == nil || e.server.Addr() == nil {
		return err
	}
	if err := e.logins.write(config.DataDir, e.server.Addr()); err != nil {
		e.server.Shutdown()
		e.server.WaitForShutdown()
		return err
	}
	return nil
}

// guard makes the server ask for logins, where it is to.
func (e *Embedded) guard(config EmbeddedConfig, options *server.Options) (err error) {
	if !config.Auth {
		if config.Listen != "" && hasLogins(config.DataDir) {
			return fmt.Errorf("%w: ask for them, or delete %s", ErrLoginsUnused, filepath.Join(config.DataDir, loginsDir))
		}
		return moveAccount(config.DataDir, loginAccount, openAccount)
	}
	if e.logins, err = openLogins(config.DataDir); err != nil {
		return err
	}
	if err := moveAccount(config.DataDir, openAccount, loginAccount); err != nil {
		return err
	}
	return e.logins.configure(options, cmp.Or(config.Hub, DefaultName))
}

// lockDir makes the directory and takes it for this process alone.
func lockDir(dir string) (*flock.Flock, error) {
	if dir == "" {
		return nil, fmt.Errorf("%w: none is given", ErrDataDir)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	lock := flock.New(filepath.Join(dir, "dormouse.lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	if !locked {
		return nil, fmt.Errorf("%w: %s: stop that process, or connect to the server in it", ErrDataDirInUse, dir)
	}
	return lock, nil
}

func (c EmbeddedConfig) serverOptions() (*server.Options, error) {
	options := &server.Options{
		ServerName: "dormouse",
		DontListen: c.Listen == "",
		JetStream:  true,
		StoreDir:   c.DataDir,
		SyncAlways: c.SyncAlways,
		NoSigs:     true,
	}
	if c.Listen == "" {
		return options, nil
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w on %q: it must be HOST:PORT, such as 127.0.0.1:4222", ErrListen, c.Listen)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%w on %q: the port must be a number from 0 to 65535", ErrListen, c.Listen)
	}
	options.Host, options.Port = host, int(number)
	if number == 0 {
		options.Port = server.RANDOM_PORT
	}
	return options, c.checkListen()
}

// checkListen tries the address, since the server itself would report an error too late.
func (c EmbeddedConfig) checkListen() error {
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrListen, err)
	}
	address := listener.Addr()
	if err := listener.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrListen, err)
	}
	if !c.Auth && !isLoopback(address) {
		return fmt.Errorf("%w on %q: %w", ErrListen, c.Listen, ErrNotLoopback)
	}
	return nil
}

func startServer(options *server.Options, log *slog.Logger) (*server.Server, error) {
	s, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("embedded NATS server: %w", err)
	}
	fatal := make(chan string, 1)
	s.SetLoggerV2(serverLog{log: log, fatal: fatal, said: &retry.Complaints{}}, false, false, false)
	// Start returns when all that is stored has been read, or at what is fatal.
	s.Start()
	select {
	case why := <-fatal:
		err = fmt.Errorf("embedded NATS server: %s", why)
	default:
		if s.ReadyForConnections(readyTimeout) {
			return s, nil
		}
		err = fmt.Errorf("embedded NATS server was not ready within %v", readyTimeout)
	}
	s.Shutdown()
	s.WaitForShutdown()
	return nil, err
}

// Connect connects within the process, without a network. Publishes made while the
// server shuts down fail at once. Where the server's files are removed under it, the
// connection is closed for good.
func (e *Embedded) Connect() (*nats.Conn, error) {
	options := append(logging(e.log),
		nats.Name("dormouse"), nats.InProcessServer(inProcess{e}),
		nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait), nats.ReconnectBufSize(-1))
	if e.logins != nil {
		options = append(options, nats.UserInfo(RoleWorker, e.logins[RoleWorker]), nats.CustomInboxPrefix(inboxOf(RoleWorker)))
	}
	nc, err := nats.Connect("", options...)
	if err != nil {
		return nil, fmt.Errorf("connect to the embedded NATS server: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.connections = append(e.connections, nc)
	return nc, nil
}

// ClientURL returns where other programs can connect to, empty if the server does
// not listen.
func (e *Embedded) ClientURL() string {
	s := e.current()
	if s.Addr() == nil {
		return ""
	}
	return s.ClientURL()
}

// IsLocal reports whether nobody but users of this computer can reach the server.
func (e *Embedded) IsLocal() bool {
	address := e.current().Addr()
	return address == nil || isLoopback(address)
}

func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// Shutdown stops the server and waits until all is written. Connections must be
// closed before. It can be called again.
func (e *Embedded) Shutdown() {
	e.once.Do(func() {
		close(e.quit)
		<-e.looked
		e.server.Shutdown()
		e.server.WaitForShutdown()
		if err := e.lock.Unlock(); err != nil {
			e.log.Warn("data directory was not unlocked", keyError, err)
		}
	})
}
