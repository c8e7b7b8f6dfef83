package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// labelWidth is the width of the widest label, its colon and two spaces.
const labelWidth = len("custom status:") + 2

// printInstance writes an instance for a person to read, as seen at now.
func printInstance(w io.Writer, i view, now time.Time) error {
	var text strings.Builder
	row := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&text, "%-*s%s\n", labelWidth, label+":", indent(value))
		}
	}
	row("instance", i.ID)
	row("orchestrator", i.Name)
	row("version", i.Version)
	row("tags", tagText(i.Tags, "\n"))
	row("parent", parent(i.Parent))
	row("status", i.Status.String())
	row("created", moment(i.Created, now))
	row("updated", moment(i.Updated, now))
	row("input", compact(i.Input))
	row("output", compact(i.Output))
	row("custom status", compact(i.CustomStatus))
	if i.Failure != nil {
		row("failure", chain(i.Failure))
	}
	row("blocked", i.Blocked)
	row("waiting for", waits(i.Waits, i.unregistered, now))
	row("children", children(i.children, now))
	_, err := io.WriteString(w, text.String())
	return err
}

func parent(p *client.Parent) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%s #%d", p.Instance, p.Task)
}

// mostChildren is how many children are shown: those that were asked for last.
const mostChildren = 20

func children(all []client.Child, now time.Time) string {
	var lines []string
	if more := len(all) - mostChildren; more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d before", more))
		all = all[more:]
	}
	for _, c := range all {
		lines = append(lines, fmt.Sprintf("%s: %s #%d %s since %s", c.ID, c.Name, c.Task, c.Status, moment(c.Since, now)))
	}
	return strings.Join(lines, "\n")
}

// indent puts the second and later lines of a value below its first.
func indent(value string) string {
	return strings.ReplaceAll(value, "\n", "\n"+strings.Repeat(" ", labelWidth))
}

func waits(all []client.Wait, unregistered []string, now time.Time) string {
	lines := make([]string, len(all))
	for i, w := range all {
		lines[i] = wait(w, now)
		if w.Kind == client.WaitActivity && slices.Contains(unregistered, w.Name) {
			lines[i] += ": no worker has registered it"
		}
	}
	if len(all) >= replay.MostWaits {
		lines = append(lines, fmt.Sprintf("and maybe more: no more than %d are shown", replay.MostWaits))
	}
	return strings.Join(lines, "\n")
}

func wait(w client.Wait, now time.Time) string {
	text := awaited(w) + " since " + moment(w.Since, now)
	if !w.Deadline.IsZero() {
		text += ", until " + moment(w.Deadline, now)
	}
	return text
}

// awaited returns what a wait waits for.
func awaited(w client.Wait) string {
	text := w.Kind.String()
	if w.Name != "" {
		text += " " + w.Name
	}
	if w.Kind != history.WaitEvent {
		text += fmt.Sprintf(" #%d", w.Task)
	}
	return text
}

// chain returns a failure and its causes, a line each.
func chain(f *client.Failure) string {
	text := f.Type + ": " + f.Message
	for f = f.Cause; f != nil; f = f.Cause {
		text += "\ncaused by " + f.Type + ": " + f.Message
	}
	return text
}

// compact returns JSON on one line, and any other text in quotes.
func compact(data json.RawMessage) string {
	if len(data) == 0 {
		return ""
	}
	var line bytes.Buffer
	if json.Compact(&line, data) != nil {
		return strconv.Quote(string(data))
	}
	return line.String()
}

// moment returns a time, and how far from now it is.
func moment(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s (%s)", t.UTC().Format("2006-01-02 15:04:05Z"), relative(t.Sub(now)))
}

// relative returns a distance in time, in its two largest units.
func relative(d time.Duration) string {
	switch {
	case d > -time.Second && d < time.Second:
		return "now"
	case d < 0:
		return span(-d) + " ago"
	}
	return "in " + span(d)
}

const day = 24 * time.Hour

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return units(d, time.Minute, "m", time.Second, "s")
	case d < day:
		return units(d, time.Hour, "h", time.Minute, "m")
	}
	return units(d, day, "d", time.Hour, "h")
}

func units(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	text := fmt.Sprintf("%d%s", d/large, largeName)
	if rest := d % large / small; rest > 0 {
		text += fmt.Sprintf(" %d%s", rest, smallName)
	}
	return text
}
