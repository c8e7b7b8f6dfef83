package run

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
	"sync"
)

// build names the program whose code this worker runs, so that another one can be told from
// it.
func (r *Runner) build() string {
	if r.ownBuild != "" {
		return r.ownBuild
	}
	return hashOfProgram()
}

// hashOfProgram is a hash of the running program's file; if that cannot be read, a hash of
// the program's build information.
var hashOfProgram = sync.OnceValue(func() string {
	if hash, err := hashOf(programFile()); err == nil {
		return hash
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		sum := sha256.Sum256([]byte(info.String()))
		return hex.EncodeToString(sum[:8])
	}
	return "unknown"
})

// programFile is the file that runs, also where another has taken its name since.
func programFile() string {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil {
		return running
	}
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

func hashOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}
