//go:build !unix

package main

import "time"

func trueTime() time.Time { return time.Now() }
