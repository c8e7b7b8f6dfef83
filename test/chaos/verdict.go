package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/test/chaos/record"
)

// verdict compares the ledger with the hub, once everything is healed.
type verdict struct {
	ledger *ledger
	client *client.Client
	// begun are the executions that began, by instance, each with its earliest time.
	begun map[string]map[string]time.Time
	// lateness is how long after their time the timers woke their instances.
	lateness []time.Duration
}

// evidence is how an instance turned out.
type evidence struct {
	instance *client.Instance
	events   []client.Event
	taken    record.Taken
}

// readBegun reads the file in which executions are counted.
func readBegun(path string) (map[string]map[string]time.Time, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	begun := map[string]map[string]time.Time{}
	for entry := range strings.Lines(string(text)) {
		fields := strings.Fields(entry)
		if len(fields) != 3 {
			continue // its writer was killed
		}
		micros, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			continue
		}
		id, execution, at := fields[0], fields[1], time.UnixMicro(micros)
		if begun[id] == nil {
			begun[id] = map[string]time.Time{}
		}
		if before, ok := begun[id][execution]; !ok || at.Before(before) {
			begun[id][execution] = at
		}
	}
	return begun, nil
}

// judge looks at every instance in the ledger.
func (v *verdict) judge(ctx context.Context) error {
	for _, a := range v.ledger.accounts {
		e, err := v.look(ctx, a)
		if ctx.Err() != nil {
			return fmt.Errorf("looking at instance %s: %w", a.id, ctx.Err())
		}
		if err != nil {
			v.judgeMissing(a, err)
			continue
		}
		if a.finished && !a.awaited {
			v.ledger.breach(waitsSurvive, a.id, "%s: it has ended, and the wait for its end has not", a.kind)
		}
		v.judgeStart(a)
		v.judgeItems(a, e)
		v.judgeTimers(a, e)
	}
	return nil
}

// look reads how an instance turned out.
func (v *verdict) look(ctx context.Context, a *account) (e evidence, err error) {
	if e.instance, err = v.client.Get(ctx, a.id); err != nil {
		return e, err
	}
	if e.instance.Status != client.Completed {
		return e, fmt.Errorf("it is %s%s", e.instance.Status, waitsOf(e.instance))
	}
	if err := json.Unmarshal(e.instance.Output, &e.taken); err != nil {
		return e, fmt.Errorf("its output %.100s: %w", e.instance.Output, err)
	}
	e.events, err = v.client.History(ctx, a.id)
	return e, err
}

// waitsOf says in a few words why an instance has not ended.
func waitsOf(i *client.Instance) string {
	text := ""
	if i.Blocked != "" {
		text = fmt.Sprintf(", blocked: %.200s", i.Blocked)
	}
	if i.Failure != nil {
		text += fmt.Sprintf(", failed: %.200s", i.Failure.Message)
	}
	for _, wait := range i.Waits {
		text += fmt.Sprintf(", waiting for %v %s since %s", wait.Kind, wait.Name, wait.Since.Format(time.TimeOnly))
	}
	return text
}

// judgeMissing judges an instance that cannot be looked at, or has not completed.
func (v *verdict) judgeMissing(a *account, err error) {
	said := 0
	for _, items := range a.acked {
		said += len(items)
	}
	if a.started == 0 && said == 0 && a.junk == 0 {
		return // nobody was promised anything
	}
	v.ledger.breach(comesToEnd, a.id, "%s, %d events acknowledged, last one acknowledged: %t: %v", a.kind, said, a.finished, err)
}

// judgeStart judges how often the instance was started.
func (v *verdict) judgeStart(a *account) {
	begun := v.begun[a.id]
	if len(begun) > 1 {
		v.ledger.breach(startedOnce, a.id, "%s: %d executions began", a.kind, len(begun))
	}
	switch {
	case a.started > 1 && !a.together:
		v.ledger.breach(startedOnce, a.id, "%s: %d callers were told that they have started it", a.kind, a.started)
	case a.started == 0 && !a.doubt && !a.together:
		v.ledger.breach(notRefused, a.id, "%s: %d callers were told that it exists, and none that it has started it", a.kind, a.refusals)
	}
	for _, at := range begun {
		if at.Before(a.notBefore) {
			v.ledger.breach(notEarly, a.id, "%s: started %v early", a.kind, a.notBefore.Sub(at))
		}
	}
}

// judgeItems compares the items that were taken with those that were acknowledged.
func (v *verdict) judgeItems(a *account, e evidence) {
	count := map[string]int{}
	for _, item := range e.taken.Items {
		count[item]++
	}
	for sender, items := range a.acked {
		for _, item := range items {
			if count[item] == 0 {
				v.ledger.breach(notLost, a.id, "%s: event %s", a.kind, item)
			}
		}
		if taken := bySender(e.taken.Items, sender); !slices.IsSortedFunc(taken, byNumber) {
			v.ledger.breach(notReordered, a.id, "%s: taken in the order %v", a.kind, taken)
		}
	}
	for item, n := range count {
		if n > 1 && item != record.Junk {
			v.ledger.breach(notDoubled, a.id, "%s: event %s was taken %d times", a.kind, item, n)
		}
	}
	if n := count[record.Junk]; n < a.junk || n > a.junk+len(a.doubted[junkSender]) {
		v.ledger.breach(notLost, a.id, "%s: %d events that cannot be read were taken of %d", a.kind, n, a.junk)
	}
	if shown := raisedOf(e.events); a.kind != record.Rounds && !slices.Equal(shown, e.taken.Items) {
		v.ledger.breach(notReordered, a.id, "%s: the history shows %v, the output %v", a.kind, shown, e.taken.Items)
	}
}

// bySender returns the items of one sender.
func bySender(items []string, sender string) []string {
	var its []string
	for _, item := range items {
		if strings.HasPrefix(item, sender) {
			its = append(its, item)
		}
	}
	return its
}

// byNumber compares two items of one sender.
func byNumber(a, b string) int {
	first, _ := strconv.Atoi(a[1:])
	second, _ := strconv.Atoi(b[1:])
	return first - second
}

// raisedOf returns the items that stand in a history.
func raisedOf(events []client.Event) []string {
	var items []string
	for _, event := range events {
		if event.Kind != history.EventRaised {
			continue
		}
		var said record.Said
		switch err := json.Unmarshal(event.Data, &said); {
		case err != nil:
			items = append(items, record.Junk)
		case !said.Last:
			items = append(items, said.String())
		}
	}
	return items
}

// judgeTimers compares when alarms went off with when they may have.
func (v *verdict) judgeTimers(a *account, e evidence) {
	var due []time.Time
	for _, event := range e.events {
		if event.Kind == history.TimerCreated {
			due = append(due, event.Due)
		}
	}
	n := 0
	for _, item := range e.taken.Items {
		micros, ok := e.taken.Fired[item]
		if !ok {
			continue
		}
		fired := time.UnixMicro(micros)
		v.ledger.count(func(c *counts) { c.Timers++ })
		// It was set no sooner than its item was raised.
		if earliest := a.raised[item].Add(a.after[item]); fired.Before(earliest) {
			v.ledger.breach(notEarly, a.id, "%s: the timer of event %s fired %v early", a.kind, item, earliest.Sub(fired))
		}
		if n < len(due) {
			v.lateness = append(v.lateness, fired.Sub(due[n]))
		}
		n++
	}
}
