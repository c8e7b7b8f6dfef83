package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dormouse-dev/dormouse/internal/testenv"
)

// patience is how long a script waits for what must come.
const patience = 30 * time.Second

// raceOptions is what the race detector goes by.
const raceOptions = "GORACE"

// programs is where the commands are built.
var programs string

func TestMain(m *testing.M) {
	if os.Getenv(serverDir) != "" {
		os.Exit(serveNATS())
	}
	testenv.Clear()
	// Programs with the race detector would pause for a second before they end.
	if err := os.Setenv(raceOptions, "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dormouse-programs-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs = dir
	args := []string{"build", "-o", dir}
	if testenv.Race {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "../../cmd/worker", "../../cmd/raise", "../../cmd/instances", "./testworker")...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the commands: %v\n%s", err, out)
		return 1
	}
	testenv.Quicken(4) // not before: programs may not be run from memory
	return m.Run()
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			s := &script{env: env}
			env.Values[scriptKey] = s
			env.Defer(s.clear)
			env.Setenv("PATH", programs+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv(raceOptions, os.Getenv(raceOptions))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":       serve,
			"stop-worker": stop,
			"kill-worker": kill,
			"nats":        startNATS,
			"publish":     publish,
			"future-hub":  futureHub,
			"take-port":   takePort,
			"code":        code,
			"until":       until,
		},
	})
}
