package testenv

import (
	"os"
	"syscall"
)

// room returns how many bytes can be stored in the directory, 0 if none can.
func room(dir string) uint64 {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0
	}
	probe, err := os.MkdirTemp(dir, "probe")
	if err != nil {
		return 0
	}
	_ = os.Remove(probe) // it is empty
	return fs.Bavail * uint64(fs.Bsize)
}
