package httpapi

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a TLS certificate in files, which is read again when they change.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	stamp   [2]stamp
	current *tls.Certificate
}

// stamp tells whether a file has changed.
type stamp struct {
	size     int64
	modified time.Time
}

func newCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	var err error
	if c.stamp, err = c.look(); err != nil {
		return nil, fmt.Errorf("reading the TLS certificate: %w", err)
	}
	if info, err := os.Stat(keyFile); err == nil && info.Mode().Perm()&0o004 != 0 {
		log.Warn("everybody on this computer can read the key of the TLS certificate: chmod 600 it", slog.String("file", keyFile))
	}
	return c, c.read()
}

// get returns the certificate that is in the files now. While they cannot be used, such as
// when only one of the two has been replaced yet, it returns the one before.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, err := c.look()
	if err != nil || now == c.stamp {
		return c.current, nil
	}
	c.stamp = now
	if err := c.read(); err != nil {
		c.log.Warn("the new TLS certificate cannot be used; the old one stays", slog.Any("error", err))
	}
	return c.current, nil
}

func (c *certificate) look() (stamps [2]stamp, err error) {
	for i, path := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(path)
		if err != nil {
			return stamps, err
		}
		stamps[i] = stamp{info.Size(), info.ModTime()}
	}
	return stamps, nil
}

func (c *certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("reading the TLS certificate: %w", err)
	}
	c.current = &pair
	return nil
}
