//go:build unix

package integration

import (
	"syscall"
	"testing"
	"time"
)

// stopped is for how long a worker is stopped: longer than its leases last.
func stopped() time.Duration {
	if testing.Short() {
		return 8 * time.Second
	}
	return 30 * time.Second
}

// TestTwoWorkersOneStopped stops one of two workers by SIGSTOP in the middle of
// work, and lets it go on when the other has long done its work. What it then
// commits is out of date.
func TestTwoWorkersOneStopped(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 60)
	a, b := f.hire("a", "--commit-delay", "50ms"), f.hire("b")
	shares := f.shared("a", "b")
	var over <-chan time.Time
	const stop, goOn = 3, waves - 3
	interval := func(wave int) time.Duration {
		if stop <= wave && wave < goOn {
			return stopped() / (goOn - stop)
		}
		return 300 * time.Millisecond
	}
	f.playAt(interval, func(wave int) {
		switch wave {
		case stop:
			f.interrupt(a, shares["a"])
			over = time.After(stopped())
			f.shared("b")
		case goOn:
			<-over
			if !testing.Short() {
				// Work that the stopped worker has asked for is given to it for 30 s at most.
				f.completeUpTo(wave - 1)
			}
			a.signal(syscall.SIGCONT)
			f.shared("a", "b")
		}
	})
	f.verify()
	a.terminate()
	b.terminate()
}

// TestTwoWorkersOneKilled kills one of two workers by SIGKILL in the middle of
// work, later another takes its place, and the second is killed.
func TestTwoWorkersOneKilled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 45)
	a, b := f.hire("a"), f.hire("b")
	shares := f.shared("a", "b")
	var c *process
	f.play(500*time.Millisecond, func(wave int) {
		switch wave {
		case 3:
			f.interrupt(a, shares["a"])
			a.kill()
			f.shared("b")
		case 8:
			c = f.hire("c")
			shares = f.shared("b", "c")
		case 11:
			f.interrupt(b, shares["b"])
			b.kill()
		}
	})
	f.verify()
	c.terminate()
}

// TestServerKilled kills the NATS server three times in the middle of work.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 45)
	f.again = true
	a, b := f.hire("a"), f.hire("b")
	f.shared("a", "b")
	f.play(500*time.Millisecond, func(wave int) {
		if wave == 3 || wave == 7 || wave == 11 {
			f.server.restart()
		}
	})
	f.verify()
	a.terminate()
	b.terminate()
}

// TestWorkersComeAndGo has workers stopped by SIGTERM and started all the time.
func TestWorkersComeAndGo(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 45)
	last := f.hire("w0")
	f.play(300*time.Millisecond, func(wave int) {
		next := f.hire("w" + string(rune('a'+wave)))
		last.terminate()
		last = next
	})
	f.verify()
	last.terminate()
}
