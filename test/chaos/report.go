package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what came of a scenario.
type report struct {
	Scenario string  `json:"scenario"`
	Seed     uint64  `json:"seed"`
	Cores    int     `json:"cores"`
	Seconds  float64 `json:"seconds"`
	counts
	Faults int `json:"faults"`
	// Deaths counts the workers that ended by themselves.
	Deaths int `json:"deaths"`
	// Orphans counts messages that the server has kept though it knows that they are done.
	Orphans    uint64          `json:"orphans,omitempty"`
	Broken     map[promise]int `json:"broken"`
	Breaches   []breach        `json:"breaches"`
	Recoveries []recoveryRow   `json:"recoveries"`
	// Lateness of the timers, in milliseconds.
	Lateness *spread `json:"timerLatenessMs,omitempty"`
	// Ledger is the path of the ledger's file, empty if it was removed.
	Ledger string `json:"ledger,omitempty"`
	// Kept is set where every promise was kept.
	Kept  bool `json:"kept"`
	begun time.Time
}

// recoveryRow is how soon a hub served again after faults of one kind.
type recoveryRow struct {
	After string `json:"after"`
	// First is when the first event was taken, All when all partitions were served, in
	// milliseconds.
	First spread `json:"firstMs"`
	All   spread `json:"allMs"`
}

// spread is how figures are spread.
type spread struct {
	Count  int   `json:"count"`
	Min    int64 `json:"min"`
	Median int64 `json:"median"`
	Max    int64 `json:"max"`
}

// spreadOf returns the spread of durations, in milliseconds.
func spreadOf(all []time.Duration) spread {
	if len(all) == 0 {
		return spread{}
	}
	all = slices.Sorted(slices.Values(all))
	return spread{len(all), all[0].Milliseconds(), all[len(all)/2].Milliseconds(), all[len(all)-1].Milliseconds()}
}

func newReport(s scenario, o options, ledger string) *report {
	return &report{Scenario: s.name, Seed: o.seed, Cores: runtime.NumCPU(), Ledger: ledger, begun: time.Now(), Broken: map[promise]int{}}
}

// judgePatience is how long it may take to look at all instances.
const judgePatience = 2 * time.Minute

// conclude holds the ledger against the hub.
func (r *report) conclude(ctx context.Context, a *arena) error {
	r.Seconds = time.Since(r.begun).Seconds()
	ctx, cancel := context.WithTimeout(ctx, judgePatience)
	defer cancel()
	begun, err := readBegun(a.site.begun())
	if err != nil {
		return err
	}
	v := &verdict{ledger: a.ledger, client: a.client, begun: begun}
	if err := v.judge(ctx); err != nil {
		return err
	}
	a.nothingLeft(ctx)
	r.counts, r.Faults, r.Deaths, r.Breaches = a.ledger.counts, a.faults, a.site.deaths(), a.ledger.breaches
	for _, b := range r.Breaches {
		r.Broken[b.Promise]++
	}
	r.Kept, r.Orphans = len(r.Breaches) == 0, a.orphans
	r.Recoveries = rows(a.recoveries)
	if len(v.lateness) > 0 {
		s := spreadOf(v.lateness)
		r.Lateness = &s
	}
	return nil
}

// rows puts the recoveries from faults of one kind together.
func rows(all []measured) []recoveryRow {
	first, whole := map[string][]time.Duration{}, map[string][]time.Duration{}
	for _, m := range all {
		first[m.what] = append(first[m.what], m.First)
		whole[m.what] = append(whole[m.what], m.All)
	}
	var rows []recoveryRow
	for what := range first {
		rows = append(rows, recoveryRow{what, spreadOf(first[what]), spreadOf(whole[what])})
	}
	slices.SortFunc(rows, func(a, b recoveryRow) int { return cmp.Compare(a.After, b.After) })
	return rows
}

// shownBreaches is how many breaches of one promise a report shows.
const shownBreaches = 10

// print writes the report for people.
func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "\n%s: %.0f s, seed %d, %d cores; %d instances, %d events acknowledged, %d timers, %d faults; %d requests, %d of them tried again; %d workers ended by themselves\n",
		r.Scenario, r.Seconds, r.Seed, r.Cores, r.Instances, r.Acked, r.Timers, r.Faults, r.Requests, r.Retried, r.Deaths)
	if r.Lateness != nil {
		fmt.Fprintf(out, "timers woke their instances %d ms late at least, %d ms in the median, %d ms at most\n", r.Lateness.Min, r.Lateness.Median, r.Lateness.Max)
	}
	if r.Orphans > 0 {
		fmt.Fprintf(out, "%d messages of activities are left that were run: the server could not write down their removal\n", r.Orphans)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(r.Recoveries) > 0 {
		fmt.Fprintln(table, "\nserved again after (s)\ttimes\tfirst event: min\tmedian\tmax\tall partitions: min\tmedian\tmax")
	}
	for _, row := range r.Recoveries {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", row.After, row.First.Count, row.First.seconds(), row.All.seconds())
	}
	_ = table.Flush()
	fmt.Fprintln(out)
	for _, p := range promises {
		verdict := "kept"
		if n := r.Broken[p]; n > 0 {
			verdict = fmt.Sprintf("BROKEN %d times", n)
		}
		fmt.Fprintf(table, "%s\t%s\n", p, verdict)
	}
	_ = table.Flush()
	r.printBreaches(out)
}

func (s spread) seconds() string {
	var figures []string
	for _, ms := range []int64{s.Min, s.Median, s.Max} {
		figures = append(figures, fmt.Sprintf("%.2f", float64(ms)/1000))
	}
	return strings.Join(figures, "\t")
}

func (r *report) printBreaches(out io.Writer) {
	shown := map[promise]int{}
	for _, b := range r.Breaches {
		if shown[b.Promise]++; shown[b.Promise] <= shownBreaches {
			fmt.Fprintf(out, "BROKEN: %s: %s: %s\n", b.Promise, cmp.Or(b.Instance, "the hub"), b.Detail)
		}
	}
	if r.Ledger != "" {
		if _, err := os.Stat(r.Ledger); err == nil {
			fmt.Fprintf(out, "the ledger is %s, with the logs beside it\n", r.Ledger)
		}
	}
}
