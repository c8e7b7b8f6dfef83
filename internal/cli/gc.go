package cli

import (
	"os"
	"runtime/debug"
)

// RelaxGC lets the heap grow to five times its live data before it is collected, instead of
// Go's two times. The data of a worker is small and short-lived, and collecting it would be a
// third of the worker's work. GOGC in the environment wins.
func RelaxGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
