// Package offspring starts processes that do not outlive the one that starts them,
// however that one ends. On Linux the kernel sees to it; elsewhere a process whose
// parent is killed stays, and the parent must end it itself.
package offspring
