package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
)

// isTerminal reports whether somebody looks at what is written.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// What a terminal is told: to go to the first line, to forget the rest of a line,
// and to forget what is below.
const (
	goHome    = "\x1b[H"
	clearLine = "\x1b[K"
	clearDown = "\x1b[J"
)

// screen is a terminal that shows one picture after another.
type screen struct{ w io.Writer }

// show puts the picture into the place of the one before, without flicker.
func (s *screen) show(picture string) error {
	_, err := io.WriteString(s.w, goHome+strings.ReplaceAll(picture, "\n", clearLine+"\n")+clearDown)
	return err
}

// drawEvery is how often a picture is drawn again for its times.
const drawEvery = time.Second

// lastEvents is how much of its history is shown with an instance.
const lastEvents = 10

// showInstance shows an instance until it has ended.
func showInstance(ctx context.Context, to *client.Client, on *screen, id string) error {
	ctx, cancel := context.WithCancel(ctx)
	changes, result := make(chan portrait), make(chan error, 1)
	go func() {
		result <- portray(ctx, to, id, changes)
		close(changes)
	}()
	defer func() {
		cancel()
		for range changes { // until nobody sends any more
		}
	}()
	again := time.NewTicker(drawEvery)
	defer again.Stop()
	var last portrait
	for {
		select {
		case p, open := <-changes:
			if !open {
				return <-result
			}
			last = p
		case <-again.C:
		}
		if last.Instance == nil {
			continue
		}
		if err := on.show(picture(last, to.Now(ctx))); err != nil {
			return err
		}
	}
}

// portray sends how the instance is, now and after each change.
func portray(ctx context.Context, to *client.Client, id string, changes chan<- portrait) error {
	for i, err := range to.Watch(ctx, id) {
		if err != nil {
			return err
		}
		p, err := portrayal(ctx, to, i)
		if err != nil {
			return err
		}
		select {
		case changes <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// picture draws an instance, and the end of its history.
func picture(p portrait, now time.Time) string {
	var text strings.Builder
	_ = printInstance(&text, p, now) // to memory, which cannot fail
	text.WriteString("\n")
	events := p.events
	if more := len(events) - lastEvents; more > 0 {
		fmt.Fprintf(&text, "… %d events before\n", more)
		events = events[more:]
	}
	_ = printEvents(&text, events)
	return text.String()
}

// showList shows the instances that changed last, as many as there are rows.
func showList(ctx context.Context, to *client.Client, on *screen, f client.Filter, rows int) error {
	// An instance that is not of the status any more must be seen to go.
	status := f.Status
	f.Status = nil
	var recent []client.Summary
	return eachChange(ctx, to, f, func(changed []client.Summary) error {
		recent = merge(recent, changed, status, rows)
		var text strings.Builder
		if err := printTable(&text, recent, to.Now(ctx)); err != nil {
			return err
		}
		return on.show(text.String())
	})
}

// merge returns the instances that changed last, at most as many as there are rows,
// and of these statuses if any are given.
func merge(recent, changed []client.Summary, status []client.Status, rows int) []client.Summary {
	for _, s := range changed {
		recent = slices.DeleteFunc(recent, func(old client.Summary) bool { return old.Instance == s.Instance })
		if len(status) == 0 || slices.Contains(status, s.Status) {
			recent = append(recent, s)
		}
		recent = recent[max(0, len(recent)-max(1, rows)):]
	}
	return recent
}
