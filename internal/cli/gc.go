package cli

import (
	"os"
	"runtime/debug"
)

// RelaxGC lets the heap grow to five times what is live before it is collected,
// where Go would do so at twice. What a worker holds is small and short-lived, and
// collecting it is a third of its work otherwise; GOGC in the environment wins.
func RelaxGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
