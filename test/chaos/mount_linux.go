package main

import (
	"fmt"
	"syscall"
)

// mount makes the directory a file system in memory of so many megabytes.
func mount(dir string, megabytes int) error {
	return syscall.Mount("chaos", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes))
}

// unmount takes the file system away as soon as nothing uses it any more.
func unmount(dir string) error { return syscall.Unmount(dir, syscall.MNT_DETACH) }
