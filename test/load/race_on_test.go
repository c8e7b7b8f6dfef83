//go:build race

package load

// few is set where a process cannot have as many goroutines as are wanted.
const few = true
