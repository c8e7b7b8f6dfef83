package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// options are the command line.
type options struct {
	lasts        time.Duration
	rounds       int
	seed         uint64
	rate, width  int
	most         int
	drain        time.Duration
	keep, asJSON bool
	pace         pace
	dir          string
}

// setUpPatience is how long servers and workers may take until they serve.
const setUpPatience = 90 * time.Second

// campaign runs a scenario and returns what came of it. The report is worth something
// also where an error is returned that ended it early.
func campaign(ctx context.Context, s scenario, o options, p programs, log *journal) (_ *report, err error) {
	dir, err := os.MkdirTemp(o.dir, "dormouse-chaos-"+s.name+"-")
	if err != nil {
		return nil, err
	}
	l, err := openLedger(filepath.Join(dir, "ledger.jsonl"))
	if err != nil {
		return nil, err
	}
	r := newReport(s, o, filepath.Join(dir, "ledger.jsonl"))
	a := &arena{layout: s.layout, log: log, ledger: l, weather: newWeather(), pace: o.pace}
	defer func() {
		a.close()
		err = errors.Join(err, a.site.close(), l.close())
		if done := err == nil && r.Kept; !o.keep && (done || ctx.Err() != nil) {
			err = errors.Join(err, os.RemoveAll(dir))
			r.Ledger = ""
		}
	}()
	log.say("scenario %s, seed %d: %s", s.name, o.seed, s.short)
	setUp, cancel := context.WithTimeout(ctx, setUpPatience)
	defer cancel()
	if a.site, err = newSite(setUp, dir, p, s.layout, log); err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	if err = a.open(setUp); err != nil {
		return r, fmt.Errorf("set up: %w: see the logs in %s", err, dir)
	}
	if err := a.fight(ctx, s, o); err != nil {
		return r, fmt.Errorf("%w: see the logs in %s", err, dir)
	}
	return r, r.conclude(ctx, a)
}

// fight runs the traffic and the faults, and lets the traffic come to its end.
func (a *arena) fight(ctx context.Context, s scenario, o options) error {
	t, err := newTraffic(ctx, a.site, a.ledger, a.weather, s.mix, o.seed)
	defer t.close()
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	var group sync.WaitGroup
	group.Go(func() { t.run(running, o.width, o.rate, o.most) })
	err = a.attack(ctx, s.faults, rand.New(rand.NewPCG(o.seed, ^uint64(0))), o.lasts, o.rounds)
	close(t.over)
	if err != nil {
		stop()
		group.Wait()
		return err
	}
	a.log.say("all is healed; the traffic comes to its end")
	late := time.AfterFunc(o.drain, func() {
		a.log.say("it does not come to its end within %v", o.drain)
		stop()
	})
	group.Wait()
	late.Stop()
	return ctx.Err()
}
