package jetstream

import "github.com/dormouse-dev/dormouse/internal/history"

// TimersGivenUp is closed when the session of partition 0 hands on timers no more.
func TimersGivenUp(s history.Session) <-chan struct{} { return s.(*session).timers.done }
