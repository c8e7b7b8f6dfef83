package main

import (
	"encoding/binary"
	"os"
	"time"
)

// clock is the wall clock of a worker that was built to have a wrong one.
type clock struct{ path string }

// newClock makes the file that the worker reads its error from.
func newClock(path string, off time.Duration) (*clock, error) {
	c := &clock{path}
	return c, c.set(off)
}

// set puts the clock wrong by so much, at once.
func (c *clock) set(off time.Duration) error {
	file, err := os.OpenFile(c.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var text [8]byte
	binary.NativeEndian.PutUint64(text[:], uint64(off))
	_, err = file.WriteAt(text[:], 0)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
