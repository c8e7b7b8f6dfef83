package retry

import (
	"sync"
	"time"
)

// Complaints are warnings that many goroutines have at the same time, and that come again
// with each try. Of those with one cause, one in a while is logged. The zero Complaints is
// ready for use.
type Complaints struct {
	mu   sync.Mutex
	said map[string]time.Time
}

// ComplaintInterval is after how long the same is said again.
const ComplaintInterval = time.Minute

// mostComplaints bounds what is remembered.
const mostComplaints = 1000

// IsNew reports whether the message, with the cause of that error, is to be said.
func (c *Complaints) IsNew(message string, err error) bool {
	complaint := message + ": " + Cause(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if at, said := c.said[complaint]; said && now.Sub(at) < ComplaintInterval {
		return false
	}
	if c.said == nil || len(c.said) > mostComplaints {
		c.said = map[string]time.Time{}
	}
	c.said[complaint] = now
	return true
}

// Cause returns the text of what is at the bottom of an error, without what it was met at.
func Cause(err error) string {
	for {
		switch e := err.(type) { //nolint:errorlint // one step at a time
		case interface{ Unwrap() error }:
			if e.Unwrap() == nil {
				return err.Error()
			}
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			if len(e.Unwrap()) == 0 {
				return err.Error()
			}
			err = e.Unwrap()[0]
		default:
			return err.Error()
		}
	}
}
