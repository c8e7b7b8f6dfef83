package main

import "time"

// jumpEvery is how long a clock that jumps stays where it is.
const jumpEvery = 3 * time.Second

var started = time.Now()

// skewed is a computer's clock that is wrong.
type skewed struct{ offset, jump time.Duration }

func (s skewed) now() time.Time {
	now := time.Now().Add(s.offset)
	if time.Since(started)/jumpEvery%2 == 1 {
		now = now.Add(s.jump)
	}
	return now
}
