package memhub

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// workQueue is the queue of the activities of one name. The hub's lock guards it.
type workQueue struct {
	hub *Hub
	// jobs are all that have not been acknowledged, ready those that wait for a
	// worker, oldest first.
	jobs  map[timerKey]*job
	ready []*job
	// sessions are those of the workers; the first is next to get a job.
	sessions []*workSession
}

// job is one activity to be run.
type job struct {
	activity hub.Activity
	attempt  int
	// queued says that it is ready, out that a handler has it and has not given
	// it back.
	queued, out bool
	// stop ends the wait for a sign of life, or for a delay to pass.
	stop func()
}

// workOf returns the queue of that name, made on first use.
func (m *Hub) workOf(name string) *workQueue {
	b := m.work[name]
	if b == nil {
		b = &workQueue{hub: m, jobs: map[timerKey]*job{}}
		m.work[name] = b
	}
	return b
}

func (m *Hub) sortedWork() []*workQueue {
	var work []*workQueue
	for _, name := range slices.Sorted(maps.Keys(m.work)) {
		work = append(work, m.work[name])
	}
	return work
}

func jobKey(a hub.Activity) timerKey { return timerKey{a.Instance, a.Execution, a.Task} }

// add queues an activity unless it is there already.
func (b *workQueue) add(a hub.Activity) {
	if b.jobs[jobKey(a)] != nil {
		return
	}
	a.Input = bytes.Clone(a.Input)
	j := &job{activity: a, stop: func() {}}
	b.jobs[jobKey(a)] = j
	b.offer(j)
}

// offer puts a job at the end of those that are ready.
func (b *workQueue) offer(j *job) {
	if !b.has(j) || j.queued {
		return
	}
	j.stop()
	j.queued, j.out = true, false
	b.ready = append(b.ready, j)
	b.handOut()
}

// has reports whether the job is still to be done.
func (b *workQueue) has(j *job) bool { return b.jobs[jobKey(j.activity)] == j }

// handOut gives ready jobs to free workers, each session in its turn.
func (b *workQueue) handOut() {
	for len(b.ready) > 0 {
		i := slices.IndexFunc(b.sessions, (*workSession).free)
		if i < 0 {
			return
		}
		s := b.sessions[i]
		b.sessions = append(slices.Delete(b.sessions, i, i+1), s)
		j := b.ready[0]
		b.ready = b.ready[1:]
		j.queued, j.out = false, true
		j.attempt++
		b.expectLife(j)
		s.start(j, j.attempt)
	}
}

// expectLife offers the job again after a while, unless it is called again.
func (b *workQueue) expectLife(j *job) { b.offerAfter(j, 3*b.hub.config.KeepAliveInterval) }

// offerAfter offers the job again after the delay, in place of an earlier date.
func (b *workQueue) offerAfter(j *job, delay time.Duration) {
	j.stop()
	current := true
	stop := b.hub.config.Clock.AfterFunc(delay, func() {
		b.hub.mu.Lock()
		defer b.hub.mu.Unlock()
		if current {
			b.offer(j)
		}
	})
	j.stop = func() { current = false; stop() }
}

// repeat offers all that is handed out again.
func (b *workQueue) repeat() {
	out := slices.SortedFunc(maps.Values(b.jobs), func(x, y *job) int {
		return compareKeys(jobKey(x.activity), jobKey(y.activity))
	})
	for _, j := range out {
		b.offer(j)
	}
}

// remove takes the job away for good.
func (b *workQueue) remove(j *job) {
	if !b.has(j) {
		return
	}
	j.stop()
	delete(b.jobs, jobKey(j.activity))
	b.ready = slices.DeleteFunc(b.ready, func(x *job) bool { return x == j })
	b.hub.left()
}
