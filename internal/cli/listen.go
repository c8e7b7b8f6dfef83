package cli

import (
	"net"
	"strconv"
)

// CheckListen refuses an address that is not HOST:PORT, and names one that is.
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
