package main

import (
	"time"

	"github.com/dormouse-dev/dormouse/test/chaos/record"
)

// scenario is what a site suffers, and under which traffic.
type scenario struct {
	name, short string
	layout      layout
	faults      []draw
	mix         mix
}

// everything is the traffic of a scenario that has none of its own.
var everything = mix{kinds: record.Kinds, openings: openings}

// scenarios are all that can be chosen.
var scenarios = []scenario{
	{
		name: "kill", short: "one server, three workers: kill -9 of workers, of the server and of all at once",
		layout: layout{nodes: 1, workers: 3},
		faults: []draw{killOneWorker, killAllWorkers, killServer, killAll},
		mix:    everything,
	},
	{
		name: "pause", short: "one server, three workers: they stand still (SIGSTOP) and go on",
		layout: layout{nodes: 1, workers: 3},
		faults: []draw{pauseWorker, pauseServer},
		mix:    everything,
	},
	{
		name: "cut", short: "connections of workers and users are cut, stalled and slow",
		layout: layout{nodes: 1, workers: 3, linked: true},
		faults: []draw{cutWorker, stallWorker, cutUsers, stallUsers, cutEverybody, slowEverybody},
		mix:    everything,
	},
	{
		name: "calm", short: "a cluster of three nodes, nothing fails",
		layout: layout{nodes: 3, workers: 2},
		mix:    everything,
	},
	{
		name: "cluster", short: "a cluster of three nodes, everything kept on each: one node at a time is killed or stands still, and workers are killed",
		layout: layout{nodes: 3, workers: 2},
		faults: []draw{killServer, killLeader, pauseServer, killOneWorker},
		mix:    everything,
	},
	{
		name: "clocks", short: "workers whose clocks are slow, fast and right, and jump",
		layout: layout{nodes: 1, workers: 3, clocks: []time.Duration{-2 * time.Second, 3 * time.Second, 0}},
		faults: []draw{jumpClock},
		mix: mix{
			kinds:    []string{record.Alarms, record.Alarms, record.Window, record.Tally},
			openings: []opening{alone, kept, keptWithEvent, delayed},
		},
	},
	{
		name: "disk", short: "the server's disk is full",
		layout: layout{nodes: 1, workers: 3, disk: 64},
		faults: []draw{fillDisk},
		mix:    everything,
	},
	{
		name: "limits", short: "the control stream reaches a limit of bytes while no worker runs",
		layout: layout{nodes: 1, workers: 3},
		faults: []draw{squeezeControl},
		mix:    everything,
	},
	{
		name: "poison", short: "code that kills its worker, waits where it must not, events and messages that cannot be read",
		layout: layout{nodes: 1, workers: 3},
		faults: []draw{poisonCode, poisonActivity, foreignWait, corruptMessages},
		mix:    mix{kinds: record.Kinds, openings: openings, junk: true},
	},
}

// scenarioNamed returns the scenario of that name.
func scenarioNamed(name string) (scenario, bool) {
	for _, s := range scenarios {
		if s.name == name {
			return s, true
		}
	}
	return scenario{}, false
}
