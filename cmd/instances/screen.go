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

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Control sequences of a terminal: go to the first line, clear the rest of a line, and clear
// everything below.
const (
	goHome    = "\x1b[H"
	clearLine = "\x1b[K"
	clearDown = "\x1b[J"
)

// screen is a terminal that shows one picture after another in the same place.
type screen struct{ w io.Writer }

// show replaces the picture without flicker.
func (s *screen) show(picture string) error {
	_, err := io.WriteString(s.w, goHome+strings.ReplaceAll(picture, "\n", clearLine+"\n")+clearDown)
	return err
}

// drawEvery is how often a picture is drawn again because its times have changed.
const drawEvery = time.Second

// lastEvents is how many events of the history are shown with an instance.
const lastEvents = 10

// showInstance shows an instance until it has ended.
func showInstance(ctx context.Context, to *client.Client, on *screen, id string) error {
	follow := func(ctx context.Context, changes chan<- view) error { return sendViews(ctx, to, id, changes) }
	return keepDrawn(ctx, follow, func(p view) error { return on.show(picture(p, to.Now(ctx))) })
}

// keepDrawn draws each value that follow sends, and the last one again every drawEvery, until
// follow returns.
func keepDrawn[T any](ctx context.Context, follow func(context.Context, chan<- T) error, draw func(T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	changes, result := make(chan T), make(chan error, 1)
	go func() {
		result <- follow(ctx, changes)
		close(changes)
	}()
	defer func() {
		cancel()
		for range changes { // until follow has returned
		}
	}()
	again := time.NewTicker(drawEvery)
	defer again.Stop()
	var last *T
	for {
		select {
		case change, open := <-changes:
			if !open {
				return <-result
			}
			last = &change
		case <-again.C:
		}
		if last == nil {
			continue
		}
		if err := draw(*last); err != nil {
			return err
		}
	}
}

// sendViews sends the instance and its history, now and after each change.
func sendViews(ctx context.Context, to *client.Client, id string, changes chan<- view) error {
	for i, err := range to.Watch(ctx, id) {
		if err != nil {
			return err
		}
		p, err := readView(ctx, to, i)
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
func picture(p view, now time.Time) string {
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
	// An instance whose status is no longer chosen must disappear from the list.
	status := f.Status
	f.Status = nil
	follow := func(ctx context.Context, changes chan<- []client.Summary) error {
		var recent []client.Summary
		for changed, err := range to.WatchList(ctx, f) {
			if err != nil {
				return err
			}
			recent = merge(recent, changed, status, rows)
			select {
			case changes <- slices.Clone(recent):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	return keepDrawn(ctx, follow, func(recent []client.Summary) error {
		var text strings.Builder
		if err := printTable(&text, recent, to.Now(ctx)); err != nil {
			return err
		}
		return on.show(text.String())
	})
}

// merge returns the instances that changed last, at most rows of them. If there are statuses
// it leaves out instances of other statuses.
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
