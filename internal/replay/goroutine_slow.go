//go:build !amd64 && !arm64

package replay

import (
	"strconv"
	"strings"
)

// goroutine returns a number that tells the calling goroutine from all others.
func goroutine() uintptr {
	id := strings.Trim(*goroutineID(), "goroutine [")
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil { // the runtime begins every traceback so
		panic(err)
	}
	return uintptr(n)
}
