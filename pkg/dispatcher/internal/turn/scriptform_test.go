package turn_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// parse reads a message of a script.
func (p *player) parse(line string) hub.Delivery {
	fields := strings.Fields(line)
	seq, err := strconv.ParseUint(fields[0], 10, 64)
	require.NoError(p.t, err)
	m := hub.Message{Instance: "i", Verb: hub.Verb(fields[1])}
	for _, field := range fields[2:] {
		key, value, isField := strings.Cut(field, "=")
		switch {
		case field == "keep-children":
			m.KeepChildren = true
		case !isField:
			m.Arg = field
		default:
			p.set(&m, key, value)
		}
	}
	return hub.Delivery{Message: m, Seq: seq, Stored: p.now}
}

func (p *player) set(m *hub.Message, key, value string) {
	switch key {
	case "execution":
		m.Execution = value
	case "data":
		m.Data = []byte(value)
	case "id":
		m.ID = value
	case "receipt":
		m.Receipt = value
	case "version":
		m.Version = value
	case "at":
		d, err := time.ParseDuration(value)
		require.NoError(p.t, err)
		if m.Verb == hub.VerbRaise {
			m.KeepUntil = p.now.Add(d)
		} else {
			m.StartAt = p.now.Add(d)
		}
	case "replaces":
		known := map[string]uint64{"none": hub.NoInstance, "ended": hub.AnyEnded, "any": hub.AnyAtAll}
		n, isKnown := known[value]
		if !isKnown {
			var err error
			n, err = strconv.ParseUint(value, 10, 64)
			require.NoError(p.t, err)
		}
		m.Replaces = n
	case "parent":
		of := strings.Split(value, "/")
		task, err := strconv.ParseInt(of[2], 10, 64)
		require.NoError(p.t, err)
		m.Parent = &record.Parent{Instance: of[0], Execution: of[1], Task: task}
	case "with":
		name, id, _ := strings.Cut(value, "/")
		m.With = &hub.Raised{Name: name, ID: id}
	default:
		p.t.Fatalf("unknown field %q", key)
	}
}

// describe returns what is to be stored, sent and said.
func describe(o *turn.Outcome) string {
	var out strings.Builder
	kinds := map[turn.Kind]string{turn.Unchanged: "unchanged", turn.Advanced: "advanced", turn.Blocked: "blocked"}
	fmt.Fprintf(&out, "%s, %d taken\n", kinds[o.Kind], o.Taken)
	if o.Err != nil {
		fmt.Fprintf(&out, "why: %s\n", strings.ReplaceAll(o.Err.Error(), "\n", "; "))
	}
	for i, e := range o.Events {
		sign := "+"
		if i < o.Kept {
			sign = " " // kept by a rewind
		}
		fmt.Fprintf(&out, "%s %s\n", sign, e)
	}
	for _, c := range o.Commands() {
		fmt.Fprintf(&out, "> %s\n", command(c))
	}
	for _, r := range o.Replies {
		fmt.Fprintf(&out, "= %s: %s\n", r.To, r.Outcome)
	}
	for seq, why := range o.Rejected {
		fmt.Fprintf(&out, "! %d: %s\n", seq, why)
	}
	for _, key := range o.Obsolete {
		fmt.Fprintf(&out, "- %s\n", key)
	}
	return out.String()
}

func command(c hub.Command) string {
	switch {
	case c.Run != nil:
		return fmt.Sprintf("run %s #%d for %s %s", c.Run.Name, c.Run.Task, c.Run.Execution, c.Run.Input)
	case c.Set != nil:
		return fmt.Sprintf("set timer #%d for %s: noon+%s", c.Set.Task, c.Set.Execution, c.Set.At.Sub(noon))
	case c.Cancel != nil:
		return fmt.Sprintf("cancel timer #%d for %s", c.Cancel.Task, c.Cancel.Execution)
	}
	m := c.Tell
	told := fmt.Sprintf("tell %s: %s %s", m.Instance, m.Verb, m.Arg)
	return strings.TrimSpace(fmt.Sprintf("%s %s", strings.TrimSpace(told), m.Data))
}

// show returns how the instance is, as it is stored.
func (p *player) show() string {
	v := p.stored
	if v == nil {
		return "nothing is stored\n"
	}
	shown := []string{v.Status.String()}
	if v.Execution != "" {
		shown = append(shown, "execution "+v.Execution)
	}
	shown = append(shown, fmt.Sprintf("watermark %d", v.Watermark))
	for _, w := range v.Waits {
		shown = append(shown, strings.TrimSpace(fmt.Sprintf("waits for %s %s", w.Kind, cmp.Or(w.Name, taskOf(w)))))
	}
	if v.Output != nil {
		shown = append(shown, "output "+string(v.Output))
	}
	if v.CustomStatus != nil {
		shown = append(shown, "shows "+string(v.CustomStatus))
	}
	if v.Failure != nil {
		shown = append(shown, "failure "+v.Failure.Type+": "+v.Failure.Message)
	}
	if v.Blocked != "" {
		shown = append(shown, "blocked")
	}
	if len(v.Kept) > 0 {
		var kept []string
		for _, e := range v.Kept {
			kept = append(kept, e.Name)
		}
		slices.Sort(kept)
		shown = append(shown, "keeps "+strings.Join(kept, " "))
	}
	return strings.Join(shown, ", ") + "\n"
}

func taskOf(w history.Wait) string {
	if w.Task == 0 {
		return ""
	}
	return fmt.Sprintf("#%d", w.Task)
}
