// Package cli has what the commands of Dormouse share: how they run, how they find their hub,
// what they print, and how they exit.
//
// Data goes to stdout, everything else to stderr. An error is one line. The exit code is 0 for
// success, 2 for a command that cannot be understood, 3 if there is no such instance, 4 if the
// instance has ended, 75 if the
// hub was removed, so that a supervisor starts the worker again, and 1 for any other error.
package cli
