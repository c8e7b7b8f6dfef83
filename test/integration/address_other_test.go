//go:build !linux

package integration

import "testing"

// address returns where a server of the test can listen. Once it has, it listens
// there again, if nobody else does by then.
func address(testing.TB) string { return "127.0.0.1:0" }
