package dispatcher

import "time"

// backoff makes the pauses between tries: each twice as long as the one before.
// The zero backoff begins with the shortest.
type backoff struct{ last time.Duration }

const (
	shortestPause = 10 * time.Millisecond
	longestPause  = 5 * time.Second
)

func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, shortestPause), longestPause)
	return b.last
}

func (b *backoff) reset() { b.last = 0 }

// atLeast makes the next pause no shorter than that.
func (b *backoff) atLeast(pause time.Duration) { b.last = max(b.last, pause/2) }
