package turn_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/dispatcher/internal/turn"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

var rewrite = flag.Bool("rewrite", false, "write the outcomes of the scripts in testdata as they are now")

// TestScripts plays the scripts in testdata: commands, "----", and what follows from them.
// Run it with -rewrite to write what follows now; then read the difference. The commands:
//
//	turn                     take in the messages below, one a line, and store the outcome
//	turn lost                the same, but the worker dies before the commit
//	turn stale               the same, by a replica that lags behind
//	claim ORCHESTRATOR ID    store the claim of a client, whose start is yet to come
//	unload                   load the instance anew; shows what is sent again after a crash
//	later DURATION           let time pass
//	code missing|there|mended    take the code away, bring it back, or put it right
//	break INPUT              let the code not come back from that input
//	hold REASON              hold the instance back
//	hold partly REASON       the same, where only a part of its history can be read
//	ids kept                 let the hub keep ids
//
// A message is its number, its verb and argument, and fields:
//
//	execution=ID data=JSON id=ID at=DURATION (from now) replaces=none|ended|any|REVISION
//	parent=INSTANCE/EXECUTION/TASK with=EVENT/ID receipt=TO version=V keep-children
//
// Below the line stand the kind of the outcome, then events (+), commands (>), replies (=),
// rejected messages (!), obsolete segments (-), and the instance as it is then.
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			played := play(t, string(text))
			if *rewrite {
				require.NoError(t, os.WriteFile(file, []byte(played), 0o600))
				return
			}
			require.Equal(t, string(text), played)
		})
	}
}

// TestScriptsSayEveryVerb: a verb without a script has no known effect.
func TestScriptsSayEveryVerb(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	said := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) > 1 {
				said[fields[1]] = true
			}
		}
	}
	for _, verb := range hub.Verbs {
		require.True(t, said[string(verb)], "no script says %q", verb)
	}
}

// play returns a script with what follows from its commands.
func play(t *testing.T, script string) string {
	p := &player{t: t, executor: newExecutor(), now: noon, limits: turn.Limits{Payload: 1 << 18, Record: 1 << 20}}
	p.load()
	defer func() { p.instance.Close() }()
	var out []string
	for block := range strings.SplitSeq(strings.TrimSpace(script), "\n\n") {
		asked, _, isCommand := strings.Cut(block, "\n----")
		if isCommand {
			var lines []string
			for line := range strings.Lines(asked) {
				if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
					lines = append(lines, line)
				}
			}
			asked += strings.TrimRight("\n----\n"+p.run(lines), "\n")
		}
		out = append(out, asked)
	}
	return strings.Join(out, "\n\n") + "\n"
}

// player stores one instance, and takes its turns as package run does.
type player struct {
	t        *testing.T
	executor *executor
	limits   turn.Limits
	now      time.Time

	stored   *record.InstanceRecord
	revision uint64
	before   *record.InstanceRecord // what a replica has that lags behind
	instance turn.Instance
}

func (p *player) load() {
	p.instance.Close()
	p.instance = *turn.Load("i", p.stored, p.revision, p.events())
	p.instance.Latest = true
}

func (p *player) events() []record.Event {
	if p.stored == nil {
		return nil
	}
	return p.stored.Log.Events
}

func (p *player) run(lines []string) string {
	verb, rest, _ := strings.Cut(lines[0], " ")
	switch verb {
	case "turn":
		return p.turn(rest, lines[1:])
	case "claim":
		name, execution, _ := strings.Cut(rest, " ")
		p.revision++
		p.stored = &record.InstanceRecord{Name: name, Execution: execution, Status: history.Pending, Created: p.now, Updated: p.now}
		p.load()
	case "unload":
		p.load()
		return p.again() + p.show()
	case "later":
		d, err := time.ParseDuration(rest)
		require.NoError(p.t, err)
		p.now = p.now.Add(d)
		return ""
	case "code":
		p.executor.missing, p.executor.mended = rest == "missing", rest == "mended"
		if rest != "missing" {
			p.executor.broken = ""
		}
		return ""
	case "break":
		p.executor.broken = rest
		return ""
	case "hold":
		why, partly := strings.CutPrefix(rest, "partly ")
		p.instance.Close()
		p.instance = *turn.LoadHeld("i", p.stored, p.revision, p.events(), errors.New(why), partly)
	case "ids":
		p.limits.KeepsIDs = rest == "kept"
		return ""
	default:
		p.t.Fatalf("unknown command %q", lines[0])
	}
	return p.show()
}

func (p *player) turn(how string, lines []string) string {
	var messages []hub.Delivery
	for _, line := range lines {
		messages = append(messages, p.parse(line))
	}
	if how == "stale" {
		p.instance.Close()
		var events []record.Event
		if p.before != nil {
			events = p.before.Log.Events
		}
		p.instance = *turn.Load("i", p.before, p.revision, events)
	}
	o := turn.Advance(&p.instance, turn.Batch{Messages: messages, Now: p.now}, p.limits, p.executor)
	if o.Kind == turn.Stale {
		p.load()
		return "stale: to be done again with the newest record\n"
	}
	if how == "stale" {
		o.Next.Close()
		p.instance = turn.Instance{}
		p.load()
		return "refused: the record has changed\n"
	}
	if how == "lost" {
		o.Next.Close()
		p.instance = turn.Instance{}
		p.load()
		return "lost\n" + describe(o) + p.show()
	}
	if o.Changed {
		p.before = p.stored
		v := o.Next.Record
		v.Log = v.Log.Join(record.NewLog(o.Events...))
		o.Next.Record = v
		p.stored = &v
		p.revision++
		p.instance = *o.Stored(p.revision)
	} else {
		p.instance = o.Next
	}
	if !p.instance.IsLive() || o.Kind == turn.Blocked {
		p.load()
	}
	return describe(o) + p.show()
}

// again returns the commands that are sent again when the worker may have died behind the
// commit.
func (p *player) again() string {
	if p.stored == nil {
		return ""
	}
	var out strings.Builder
	for _, c := range hub.CommandsOf("i", p.stored.LastTurn(p.events())) {
		fmt.Fprintf(&out, "> %s\n", command(c))
	}
	return out.String()
}
