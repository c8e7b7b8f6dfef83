package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// journal says what happens, a line with the time each.
type journal struct {
	mu    sync.Mutex
	out   io.Writer
	begun time.Time
}

func newJournal(out io.Writer) *journal { return &journal{out: out, begun: time.Now()} }

func (j *journal) say(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(j.out, "%7.2fs  %s\n", time.Since(j.begun).Seconds(), fmt.Sprintf(format, args...))
}
