package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Packages that are built into programs. The NATS server is the one that go.mod pins.
const (
	appPackage    = "github.com/dormouse-dev/dormouse/test/chaos/app"
	serverPackage = "github.com/nats-io/nats-server/v2"
)

// programs are the paths of the programs that the chaos runs.
type programs struct {
	server, app string
	// skewed is the app with a clock that can be put wrong, empty if not asked for.
	skewed string
}

// build builds the programs into a directory.
func build(ctx context.Context, dir string, skewed bool) (programs, error) {
	p := programs{server: filepath.Join(dir, "nats-server"), app: filepath.Join(dir, "app")}
	if err := goBuild(ctx, "-o", p.server, serverPackage); err != nil {
		return p, err
	}
	if err := goBuild(ctx, "-o", p.app, appPackage); err != nil {
		return p, err
	}
	if !skewed {
		return p, nil
	}
	overlay, err := writeOverlay(ctx, filepath.Join(dir, "overlay"))
	if err != nil {
		return p, err
	}
	p.skewed = filepath.Join(dir, "skewed-app")
	return p, goBuild(ctx, "-overlay", overlay, "-o", p.skewed, appPackage)
}

func goBuild(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "go", append([]string{"build"}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// clockVariable names the file that holds by how many nanoseconds the wall clock of a
// skewed program is wrong, as eight bytes of the machine's order.
const clockVariable = "DORMOUSE_CHAOS_CLOCK"

// The one line of package time that is replaced, and the line in its place. All that
// asks for the time of day comes through here, the libraries of a program included;
// the monotonic clock stays as it is, as it does where somebody sets a clock.
const (
	rightNow  = "\tsec, nsec, mono := runtimeNow()\n"
	skewedNow = "\tsec, nsec, mono := skew(runtimeNow())\n"
)

// skewSource is added to package time.
const skewSource = `package time

import (
	"syscall"
	"unsafe"
)

var skewed = openSkew()

func openSkew() *int64 {
	var none int64
	path, ok := syscall.Getenv("` + clockVariable + `")
	if !ok {
		return &none
	}
	file, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		panic("open the clock " + path + ": " + err.Error())
	}
	defer syscall.Close(file)
	page, err := syscall.Mmap(file, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic("map the clock " + path + ": " + err.Error())
	}
	return (*int64)(unsafe.Pointer(&page[0]))
}

func skew(sec int64, nsec int32, mono int64) (int64, int32, int64) {
	if skewed == nil {
		return sec, nsec, mono
	}
	by := *skewed
	rest := int64(nsec) + by%1e9
	sec += by / 1e9
	switch {
	case rest < 0:
		sec, rest = sec-1, rest+1e9
	case rest >= 1e9:
		sec, rest = sec+1, rest-1e9
	}
	return sec, int32(rest), mono
}
`

// writeOverlay writes what makes the go command build programs whose clock can be
// put wrong, and returns the path of the overlay file.
func writeOverlay(ctx context.Context, dir string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	if strings.Count(string(source), rightNow) != 1 {
		return "", fmt.Errorf("%s reads the clock in another way than this program knows: clocks cannot be put wrong with this version of Go", original)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	files := map[string]string{
		"time.go": strings.Replace(string(source), rightNow, skewedNow, 1),
		"skew.go": skewSource,
	}
	replace := map[string]string{}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(filepath.Dir(original), name)] = path
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, overlay, 0o600)
}
