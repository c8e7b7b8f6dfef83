//go:build !linux

package integration

import "os/exec"

func startBound(cmd *exec.Cmd) error { return cmd.Start() }
