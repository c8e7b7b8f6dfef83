package record

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Call says how an activity is called. The zero Call is a first attempt without a
// time limit.
type Call struct {
	// First is the task of the first of several attempts, 0 if this is it.
	First int64
	// Attempt counts the attempts of a retry policy, from 1; 0 stands for 1.
	Attempt int
	// Timeout is how long one run may take, 0 for any time.
	Timeout time.Duration
}

// String returns the call as an event holds it, empty for the zero Call.
func (c Call) String() string {
	if c == (Call{}) {
		return ""
	}
	return fmt.Sprintf("%d/%d/%s", c.First, c.Attempt, c.Timeout)
}

// ParseCall is the inverse of [Call.String]. What it cannot read it takes for the
// zero Call.
func ParseCall(s string) Call {
	parts := strings.Split(s, "/")
	if len(parts) != 3 {
		return Call{}
	}
	first, err1 := strconv.ParseInt(parts[0], 10, 64)
	attempt, err2 := strconv.Atoi(parts[1])
	timeout, err3 := time.ParseDuration(parts[2])
	if err1 != nil || err2 != nil || err3 != nil {
		return Call{}
	}
	return Call{First: first, Attempt: attempt, Timeout: timeout}
}
