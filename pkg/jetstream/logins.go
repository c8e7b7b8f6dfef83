package jetstream

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/nats-io/nats-server/v2/server"

	deploy "github.com/dormouse-dev/dormouse/deploy/nats"
)

// The roles of users of an embedded server. deploy/nats says what each may do.
const (
	RoleWorker    = "worker"
	RoleOperator  = "operator"
	RoleViewer    = "viewer"
	RoleStarter   = "starter"
	RolePublisher = "publisher"
)

var roles = []string{RoleWorker, RoleOperator, RoleViewer, RoleStarter, RolePublisher}

// ErrLoginsExposed: other users can read or replace the logins of an embedded server, so
// nothing is protected by them.
var ErrLoginsExposed = errors.New("the logins are not this user's alone")

// loginsDir is where in the data directory the logins are, a file for each role that holds
// the URL of the server with name and password in it.
const loginsDir = "logins"

// LoginURL returns the URL by which a role logs in to the embedded server that keeps its
// data in dataDir. It is empty if that server asks for no login, or if its logins are
// another user's. It returns an error wrapping [ErrLoginsExposed] if others than this user
// can read or replace them.
func LoginURL(dataDir, role string) (string, error) {
	if dataDir == "" {
		return "", nil
	}
	dir := filepath.Join(dataDir, loginsDir)
	text, err := readPrivate(dir, filepath.Join(dir, role))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return "", nil
	case err != nil:
		return "", err
	}
	return strings.TrimSpace(text), nil
}

// hasLogins reports whether there are logins in a data directory.
func hasLogins(dataDir string) bool {
	_, err := os.Stat(filepath.Join(dataDir, loginsDir))
	return err == nil
}

// readPrivate reads a file that nobody but this user can read or replace, nor can the
// directory that it is in.
func readPrivate(dir, file string) (string, error) {
	for _, path := range []string{dir, file} {
		info, err := os.Lstat(path)
		if err != nil {
			return "", err
		}
		if !isPrivate(info) {
			return "", fmt.Errorf("%w: %s has mode %v: it must be yours, and closed to all others (chmod go= %s)",
				ErrLoginsExposed, path, info.Mode().Perm(), path)
		}
	}
	text, err := os.ReadFile(file)
	return string(text), err
}

// isPrivate reports whether a file or directory is this user's alone.
func isPrivate(info fs.FileInfo) bool {
	if runtime.GOOS == "windows" { // it has other means, which a mode does not show
		return true
	}
	const others = 0o077
	return info.Mode().Perm()&others == 0 && isOwn(info) && info.Mode()&fs.ModeSymlink == 0
}

// logins are the passwords by role.
type logins map[string]string

// openLogins reads the logins of a data directory, and makes up those that are not there.
func openLogins(dataDir string) (logins, error) {
	dir := filepath.Join(dataDir, loginsDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	all := logins{}
	for _, role := range roles {
		text, err := readPrivate(dir, filepath.Join(dir, role))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		all[role] = rand.Text()
		if u, err := url.Parse(strings.TrimSpace(text)); err == nil {
			if password, _ := u.User.Password(); legalInbox.MatchString(password) {
				all[role] = password
			}
		}
	}
	return all, nil
}

// write stores the logins, with the address at which the server listens.
func (l logins) write(dataDir string, address net.Addr) error {
	for role, password := range l {
		u := url.URL{Scheme: "nats", User: url.UserPassword(role, password), Host: reachable(address)}
		if err := writePrivate(filepath.Join(dataDir, loginsDir, role), u.String()+"\n"); err != nil {
			return fmt.Errorf("%w: %w", ErrDataDir, err)
		}
	}
	return nil
}

// reachable returns the address by which this computer reaches a listener, which may listen at
// all addresses that it has.
func reachable(address net.Addr) string {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return address.String()
	}
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
}

// writePrivate replaces a file as a whole; nobody but this user can read it at any time.
func writePrivate(path, text string) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// configure makes a server ask for the logins, with the roles of deploy/nats on that hub.
func (l logins) configure(options *server.Options, hub string) error {
	var text strings.Builder
	for _, role := range roles {
		fmt.Fprintf(&text, "DORMOUSE_%s_PASSWORD: %q\n", strings.ToUpper(role), l[role])
	}
	text.WriteString(strings.ReplaceAll(deploy.Accounts, DefaultName, hub))
	if err := options.ProcessConfigString(text.String()); err != nil {
		return fmt.Errorf("logins of the embedded NATS server: %w", err)
	}
	return nil
}

// Names of the server's accounts, and of the directories in which it keeps their data.
const (
	openAccount  = server.DEFAULT_GLOBAL_ACCOUNT // of connections without a login
	loginAccount = "DORMOUSE"
)

// moveAccount lets the hub be found where it was made without logins and is now used with
// them, or the other way round: the account that holds it is another one.
func moveAccount(dataDir, from, to string) error {
	old, next := filepath.Join(dataDir, server.JetStreamStoreDir, from), filepath.Join(dataDir, server.JetStreamStoreDir, to)
	if _, err := os.Stat(old); err != nil {
		return nil //nolint:nilerr // there is nothing to move, or the server reports the error
	}
	switch _, err := os.Stat(next); {
	case err == nil:
		return fmt.Errorf("%w: %s holds hubs that were made without logins, and with them: move one of %s and %s elsewhere", ErrDataDir, dataDir, old, next)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	if err := os.Rename(old, next); err != nil {
		return fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	return nil
}
