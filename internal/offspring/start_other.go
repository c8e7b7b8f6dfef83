//go:build !linux

package offspring

import "os/exec"

// Start starts the command as [exec.Cmd.Start] does.
func Start(cmd *exec.Cmd) error { return cmd.Start() }
