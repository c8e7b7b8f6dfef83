package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// disk is a file system of a server's own, small enough to be filled.
type disk struct {
	dir string
	// mounted is set where it is a file system indeed, and not a directory of the
	// machine's, which is left unfilled.
	mounted bool
}

// newDisk mounts a file system of so many megabytes. That takes the rights of root on
// Linux; without them the server gets a plain directory.
func newDisk(dir string, megabytes int, log *journal) (*disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	d := &disk{dir: dir}
	if err := mount(dir, megabytes); err != nil {
		log.say("no disk of its own for the server (%v): its store is filled up to the server's limit instead", err)
		return d, nil
	}
	d.mounted = true
	return d, nil
}

func (d *disk) ballast() string { return filepath.Join(d.dir, "ballast") }

// fill writes until the disk is full.
func (d *disk) fill() error {
	file, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	// Down to single bytes, so that nothing fits in any more.
	for size := 1 << 20; size > 0; size /= 2 {
		piece := make([]byte, size)
		for err = nil; err == nil; {
			_, err = file.Write(piece)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
	}
	return nil
}

// free makes room again.
func (d *disk) free() error {
	err := os.Remove(d.ballast())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (d *disk) close() error {
	if !d.mounted {
		return nil
	}
	return unmount(d.dir)
}
