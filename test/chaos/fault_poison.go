package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/test/chaos/record"
)

// Bounds of what poison may do.
const (
	// mostDeaths is how many workers poison may kill, and dose after how many it has
	// no more effect, so that a round comes to its end in any case.
	mostDeaths = 10
	dose       = 30
	// poisonPatience is how long it may take until poison is dealt with.
	poisonPatience = 60 * time.Second
)

// poison is an instance whose code kills its worker.
type poison struct {
	about
	arena    *arena
	id, code string
	deaths   int
}

// poisonCode is an orchestrator that ends its process whenever it is taken up.
func poisonCode(a *arena, _ *rand.Rand) fault {
	return a.newPoison("an orchestrator kills its worker (os.Exit)", record.Killer)
}

// poisonActivity is an activity that ends its process.
func poisonActivity(a *arena, _ *rand.Rand) fault {
	return a.newPoison("an activity kills its worker (os.Exit)", record.Deadly)
}

// foreignWait is an orchestrator that waits on a goroutine that is not its own.
func foreignWait(a *arena, _ *rand.Rand) fault {
	return a.newPoison("an orchestrator waits on a goroutine of its own", record.Foreign)
}

func (a *arena) newPoison(what, kind string) fault {
	a.poisons++
	id := fmt.Sprintf("poison%d", a.poisons)
	return &poison{about: about{what, id, true}, arena: a, id: id, code: kind}
}

// inject starts the instance, and returns when it takes effect.
func (f *poison) inject(ctx context.Context) error {
	f.deaths = f.arena.site.deaths()
	input := record.Dose{Deaths: filepath.Join(f.arena.site.dir, f.id+".deaths"), Most: dose}
	c := f.arena.client
	err := f.insist(ctx, func(ctx context.Context) error {
		_, err := c.Start(ctx, f.code, input, client.WithInstanceID(f.id))
		return err
	})
	if err != nil {
		return err
	}
	err = f.insist(ctx, func(ctx context.Context) error {
		return c.Raise(ctx, f.id, record.Item, record.Said{N: 1}, client.WithEventID("1"))
	})
	if err == nil {
		f.takesEffect(ctx)
	}
	return err
}

// Until this many workers have died, or this time is over, poison has not taken effect.
const (
	firstDeaths  = 2
	effectWithin = 5 * time.Second
)

func (f *poison) takesEffect(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, effectWithin)
	defer cancel()
	for f.arena.site.deaths()-f.deaths < firstDeaths && rest(ctx, retryPause) {
		continue
	}
}

func (f *poison) insist(ctx context.Context, do func(context.Context) error) error {
	return until(ctx, retryPause, func() error {
		ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
		defer cancel()
		if err := do(ctx); !errors.Is(err, client.ErrInstanceExists) && !errors.Is(err, client.ErrInstanceEnded) {
			return err
		}
		return nil
	})
}

// heal ends the instance, which must be possible, and looks at how it went.
func (f *poison) heal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, poisonPatience)
	defer cancel()
	if f.code == record.Deadly {
		f.failsByItself(ctx)
	}
	begun := time.Now()
	_ = f.insist(ctx, func(ctx context.Context) error { return f.arena.client.Terminate(ctx, f.id, "poison") })
	i, err := f.arena.client.Wait(ctx, f.id)
	for err != nil && ctx.Err() == nil {
		rest(ctx, retryPause)
		i, err = f.arena.client.Wait(ctx, f.id)
	}
	died := f.arena.site.deaths() - f.deaths
	switch {
	case err != nil:
		f.breach("terminate was not honoured within %v: %v", poisonPatience, err)
	case i.Status == client.Completed && f.code == record.Killer:
		f.breach("it was run until its dose was used up")
	}
	if died > mostDeaths {
		f.breach("it has killed %d workers", died)
	}
	f.arena.log.say("%s: %d workers died, ended %v after terminate", f.id, died, time.Since(begun).Round(time.Millisecond))
	return nil
}

// failsByItself waits until the instance has the failure of its activity in hand.
func (f *poison) failsByItself(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, poisonPatience/2)
	defer cancel()
	i, err := f.arena.client.Wait(ctx, f.id)
	for err != nil && ctx.Err() == nil {
		rest(ctx, retryPause)
		i, err = f.arena.client.Wait(ctx, f.id)
	}
	switch {
	case err != nil:
		f.breach("the activity did not fail within %v, after %d deaths", poisonPatience/2, f.arena.site.deaths()-f.deaths)
	case !strings.Contains(string(i.Output), workerLost):
		f.breach("the activity's failure is %s, not %s", i.Output, workerLost)
	}
}

// workerLost is the type of the failure of an activity that has killed its worker too
// often.
const workerLost = "WorkerLost"

func (f *poison) breach(format string, args ...any) {
	f.arena.ledger.breach(poisonBounded, f.id, f.what+": "+format, args...)
}

// corrupt publishes messages that nobody can read.
type corrupt struct {
	about
	arena *arena
}

func corruptMessages(a *arena, _ *rand.Rand) fault {
	return &corrupt{about{"messages that cannot be read", "", true}, a}
}

// inject publishes what is wrong in each part of a message.
func (f *corrupt) inject(context.Context) error {
	id := canaries(1)[0]
	for _, m := range []struct {
		subject string
		header  map[string]string
		body    string
	}{
		{"default.to." + id + ".no-such-verb.x", nil, "{}"},
		{"default.to." + id + ".raise", nil, "{}"},
		{"default.to.=zz.raise.Item", nil, "{}"},
		{"default.to." + id + ".fired.no-number", nil, ""},
		{"default.to." + id + ".completed.1", nil, "\xff\xfe"},
		{"default.to." + id + ".start.Tally", map[string]string{"Dormouse-At": "yesterday"}, "{}"},
		{"default.activity.Note.=zz.x", nil, "\x00\x01"},
	} {
		f.arena.corrupted++
		if err := f.arena.wire.publish(m.subject, m.header, []byte(m.body)); err != nil {
			return err
		}
	}
	return nil
}

func (f *corrupt) heal(context.Context) error { return nil }
