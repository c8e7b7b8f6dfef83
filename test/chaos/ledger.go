package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// ledger is what the senders were promised. Every entry is also a line of its file.
type ledger struct {
	mu       sync.Mutex
	file     *os.File
	lines    *bufio.Writer
	accounts []*account
	breaches []breach
	counts   counts
}

// counts are the figures of a report.
type counts struct {
	Instances int `json:"instances"`
	Acked     int `json:"ackedEvents"`
	Requests  int `json:"requests"`
	Retried   int `json:"retriedRequests"`
	Waits     int `json:"waits"`
	Timers    int `json:"timers"`
}

// account is what is known of one instance from the outside.
type account struct {
	id, kind string
	// acked are the items whose raise was acknowledged, per sender, in the order in
	// which it sent them; doubted are those that were sent and never acknowledged.
	acked, doubted map[string][]string
	// raised is when an item was raised first, and after for how long its alarm is set.
	raised map[string]time.Time
	after  map[string]time.Duration
	junk   int
	// started counts the callers that were told that they have started it, refusals
	// those that were told that it was there already. Doubt is set when a caller was
	// not told anything and tried again.
	started, refusals int
	doubt             bool
	// together is set where many callers may start it, and each has.
	together bool
	// notBefore is when it may start, zero for at once.
	notBefore time.Time
	// finished is set once its last item is acknowledged, awaited once the wait for its
	// end has returned.
	finished, awaited bool
}

// line is an entry in the ledger's file.
type line struct {
	Time     time.Time `json:"time"`
	What     string    `json:"what"`
	Instance string    `json:"instance,omitempty"`
	Item     string    `json:"item,omitempty"`
	Detail   string    `json:"detail,omitempty"`
}

func openLedger(path string) (*ledger, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &ledger{file: file, lines: bufio.NewWriter(file)}, nil
}

// close writes out what is not yet in the file.
func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.lines.Flush()
	if closed := l.file.Close(); err == nil {
		err = closed
	}
	return err
}

// write adds a line; the caller has the lock. The ledger in memory is what counts, so
// a file that cannot be written does not end the chaos.
func (l *ledger) write(what, instance, item, detail string) {
	text, err := json.Marshal(line{time.Now().UTC(), what, instance, item, detail})
	if err == nil {
		_, _ = l.lines.Write(append(text, '\n'))
	}
}

// open opens an account for an instance.
func (l *ledger) open(id, kind string) *account {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := &account{
		id: id, kind: kind, acked: map[string][]string{}, doubted: map[string][]string{},
		raised: map[string]time.Time{}, after: map[string]time.Duration{},
	}
	l.accounts = append(l.accounts, a)
	l.counts.Instances++
	l.write("open", id, "", kind)
	return a
}

// change changes an account, and writes down why.
func (l *ledger) change(a *account, what, item, detail string, change func(*account)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(a)
	l.write(what, a.id, item, detail)
}

// count changes the figures.
func (l *ledger) count(change func(*counts)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.counts)
}

// breach notes a promise that was not kept.
func (l *ledger) breach(p promise, instance, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := breach{p, instance, fmt.Sprintf(format, args...)}
	l.breaches = append(l.breaches, b)
	l.write("breach", instance, "", string(p)+": "+b.Detail)
}
