package port

import (
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// Reserve returns an address where a server can listen, again after each time that it
// was killed: a socket that is bound, and does not listen, keeps the port from being
// given to anybody else until release is called.
func Reserve() (address string, release func(), err error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, fmt.Errorf("reserve a port: %w", err)
	}
	release = func() { _ = syscall.Close(socket) }
	bound, err := bind(socket)
	if err != nil {
		release()
		return "", nil, fmt.Errorf("reserve a port: %w", err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(bound)), release, nil
}

// bind binds the socket to a free port and returns it.
func bind(socket int) (int, error) {
	// Servers that listen set this option too, which makes room for both.
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, err
	}
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	bound, err := syscall.Getsockname(socket)
	if err != nil {
		return 0, err
	}
	at, ok := bound.(*syscall.SockaddrInet4)
	if !ok {
		return 0, fmt.Errorf("bound to %v", bound)
	}
	return at.Port, nil
}
