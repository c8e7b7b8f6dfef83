package cli

import (
	"net"
	"strconv"
)

// CheckListen returns an error that names the flag unless the address is HOST:PORT.
func CheckListen(flag, address, example string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return Usagef("--%s %q: use HOST:PORT, such as %s", flag, address, example)
	}
	return nil
}
