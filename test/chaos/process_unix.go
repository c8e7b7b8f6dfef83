//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// detach keeps the process from hearing the terminal's Ctrl-C: the chaos ends it.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// pause stops the process where it is, until proceed.
func (p *process) pause() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// proceed lets a paused process go on.
func (p *process) proceed() error { return p.cmd.Process.Signal(syscall.SIGCONT) }
