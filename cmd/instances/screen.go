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
	follow := func(ctx context.Context, changes chan<- portrait) error { return portray(ctx, to, id, changes) }
	return keepDrawn(ctx, follow, func(p portrait) error { return on.show(picture(p, to.Now(ctx))) })
}

// keepDrawn draws what follow sends, and the last of it again for its times, until follow
// returns.
func keepDrawn[T any](ctx context.Context, follow func(context.Context, chan<- T) error, draw func(T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	changes, result := make(chan T), make(chan error, 1)
	go func() {
		result <- follow(ctx, changes)
		close(changes)
	}()
	defer func() {
		cancel()
		for range changes { // until nobody sends any more
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
