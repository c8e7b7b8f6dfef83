package orchestration_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// TestScripts runs the golden scripts in testdata: a command, "----", and the
// decisions and the view that follow from it. Run it with -rewrite to write the present
// ones; then read the difference. The commands:
//
//	start ORCHESTRATOR [JSON]     complete TASK [JSON]      suspend
//	raise EVENT [JSON]            fail TASK TYPE MESSAGE    resume
//	fire TASK                     sleep DURATION            unload
//	history                       generation                redeploy ORCHESTRATOR
//	delay DURATION ORCHESTRATOR [JSON]                      rewind
//
// After each input the history is replayed from scratch and compared. Generation
// starts the next generation after ContinueAsNew; redeploy replays the history with the code
// of another orchestrator.
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/scripts/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			playScript(t, file)
		})
	}
}

func playScript(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	p := &player{t: t}
	defer p.close()
	var out strings.Builder
	for i, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		if i > 0 {
			out.WriteString("\n")
		}
		command, comments, _ := cutCommand(block)
		out.WriteString(comments)
		if command == "" {
			continue
		}
		out.WriteString(command + "\n----\n" + p.run(command))
	}
	if *rewrite {
		require.NoError(t, os.WriteFile(file, []byte(out.String()), 0o600))
		return
	}
	require.Equal(t, string(text), out.String())
}

// cutCommand takes a block apart: comment lines, the command, the expected text.
func cutCommand(block string) (command, comments, expected string) {
	lines := bufio.NewScanner(strings.NewReader(block))
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "#") && command == "":
			comments += line + "\n"
		case command == "":
			command = line
		default:
			expected += line + "\n"
		}
	}
	return command, comments, expected
}

// player runs the commands of one script.
type player struct {
	t *testing.T
	s *harness
}

func (p *player) close() {
	if p.s != nil {
		p.s.close()
	}
}

func (p *player) run(line string) string {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "start":
		p.begin(rest)
		return p.show(p.s.start())
	case "delay":
		after, rest, _ := strings.Cut(rest, " ")
		p.begin(rest)
		return p.show(p.s.delay(p.duration(after)))
	}
	require.NotNil(p.t, p.s, "the script does not begin with start")
	arg, data, _ := strings.Cut(rest, " ")
	switch verb {
	case "raise":
		return p.show(p.s.raise(arg, data))
	case "complete":
		return p.show(p.s.complete(p.task(arg), data))
	case "fail":
		kind, message, _ := strings.Cut(data, " ")
		return p.show(p.s.fail(p.task(arg), &history.Failure{Type: kind, Message: message}))
	case "fire":
		return p.show(p.s.fire(p.task(arg)))
	case "suspend":
		return p.show(p.s.suspend())
	case "resume":
		return p.show(p.s.resume())
	case "rewind":
		return p.show(p.s.rewind())
	case "unload":
		p.s.reload()
		return p.show(nil)
	case "sleep":
		return p.sleep(arg)
	case "history":
		return p.history()
	case "generation":
		return p.generation()
	case "redeploy":
		return p.redeploy(arg)
	}
	p.t.Fatalf("unknown command %q", line)
	return ""
}

func (p *player) task(arg string) int64 {
	n, err := strconv.ParseInt(arg, 10, 64)
	require.NoError(p.t, err)
	return n
}

// begin makes a harness for an orchestrator with an input.
func (p *player) begin(rest string) {
	name, input, _ := strings.Cut(rest, " ")
	p.close()
	p.s = harnessFor(p.t, scripted(), name, input)
}

func (p *player) duration(arg string) time.Duration {
	d, err := time.ParseDuration(arg)
	require.NoError(p.t, err)
	return d
}

func (p *player) sleep(arg string) string {
	p.s.now = p.s.now.Add(p.duration(arg))
	return since(p.s.now) + "\n"
}

func (p *player) history() string {
	var out strings.Builder
	for i, e := range p.s.events {
		fmt.Fprintf(&out, "%d %s %s\n", i+1, since(e.Time), describe(e))
	}
	return out.String()
}

// generation begins the next generation after ContinueAsNew, as the dispatcher does.
func (p *player) generation() string {
	last := p.s.end()
	require.NotNil(p.t, last)
	require.Equal(p.t, history.ContinuedAsNew, last.Kind)
	carried := p.s.x.View().Unconsumed
	p.s.close()
	p.s.info.Generation++
	p.s.info.ID = fmt.Sprintf("e1-%d", p.s.info.Generation)
	p.s.info.Input, p.s.events = last.Data, nil
	p.s.load()
	out := p.show(p.s.start())
	for _, e := range carried {
		out += fmt.Sprintf("%s carried over\n", describe(e)) + p.show(p.s.hand(e))
	}
	return out
}

func (p *player) redeploy(name string) string {
	info := p.s.info
	info.Name = name
	events := slices.Clone(p.s.events)
	opening := events[0]
	events[0] = record.Delayed(opening.Name, p.s.registry.Code().Newest(name), opening.Due()).By(opening.Rule()).On(opening.Time)
	events[0].Kind = opening.Kind
	x, err := p.s.registry.Code().Begin(info, events)
	if err != nil {
		return err.Error() + "\n"
	}
	x.Close()
	return "agrees\n"
}

// show prints decisions and the orchestrator's view.
func (p *player) show(decisions []record.Event) string {
	var out strings.Builder
	for _, d := range decisions {
		fmt.Fprintf(&out, "%s\n", describe(d))
	}
	v := p.s.x.View()
	for _, w := range v.Waits {
		fmt.Fprintf(&out, "  waits for %s\n", describeWait(w))
	}
	if v.CustomStatus != nil {
		fmt.Fprintf(&out, "  says %s\n", v.CustomStatus)
	}
	for _, e := range v.Unconsumed {
		fmt.Fprintf(&out, "  leaves %s\n", describe(e))
	}
	if out.Len() == 0 {
		return "  nothing\n"
	}
	return out.String()
}

func describe(e record.Event) string {
	text := e.String()
	if e.Opens() && e.Version() != "" {
		text += fmt.Sprintf(" version %q", e.Version())
	}
	if e.Data != nil {
		text += " " + string(e.Data)
	}
	if !e.Due().IsZero() {
		text += " at " + since(e.Due())
	}
	for f := e.Failure; f != nil; f = f.Cause {
		text += fmt.Sprintf(" <%s: %s>", f.Type, f.Message)
	}
	return text
}

func describeWait(w history.Wait) string {
	text := w.Kind.String()
	if w.Name != "" {
		text += fmt.Sprintf(" %q", w.Name)
	}
	if w.Task != 0 {
		text += fmt.Sprintf(" #%d", w.Task)
	}
	text += " since " + since(w.Since)
	if !w.Deadline.IsZero() {
		text += " until " + since(w.Deadline)
	}
	return text
}

// since prints a time as the time since dawn.
func since(t time.Time) string { return "+" + t.Sub(dawn).String() }
