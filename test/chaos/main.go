package main

import (
	"os"

	"github.com/dormouse-dev/dormouse/internal/cli"
)

func main() { os.Exit(cli.Main(run)) }
