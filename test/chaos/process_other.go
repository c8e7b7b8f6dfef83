//go:build !unix

package main

import (
	"errors"
	"os/exec"
)

func detach(*exec.Cmd) {}

func (p *process) pause() error { return errors.ErrUnsupported }

func (p *process) proceed() error { return errors.ErrUnsupported }
