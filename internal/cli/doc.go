// Package cli is what the commands of Dormouse have in common: how they are run,
// how they find their hub, what they print, and how they exit.
//
// Data goes to stdout; everything else to stderr. An error is one line. The exit
// code is 0 for success, 2 for a command that cannot be understood, 3 if there is
// no such instance, 4 if it has ended, and 1 for all else.
package cli
