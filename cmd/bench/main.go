// Command bench measures Dormouse on an embedded NATS server with file storage,
// and prints the figures that docs/performance.md explains.
package main

import (
	"os"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

func main() {
	cli.RelaxGC()
	os.Exit(cli.Main(run))
}
