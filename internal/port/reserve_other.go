//go:build !linux

package port

import (
	"fmt"
	"net"
)

// Reserve returns an address where a server can listen, if nobody else does by then.
func Reserve() (address string, release func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("reserve a port: %w", err)
	}
	return listener.Addr().String(), func() {}, listener.Close()
}
