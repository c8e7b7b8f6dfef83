package memhub

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// workQueue is the queue of the activities of one name, or of the messages of a queue. The hub's
// lock guards a workQueue.
type workQueue struct {
	state *state
	// jobs are all jobs that are not acknowledged.
	jobs map[taskKey]*job
	// ready are the jobs that wait for a worker, oldest first.
	ready []*job
	// sessions are the sessions of the workers. The first session is the next to get a job.
	sessions []*workSession
}

func newWorkQueue(s *state) *workQueue { return &workQueue{state: s, jobs: map[taskKey]*job{}} }

// job is one activity to be run, or one message of a queue to be handled.
type job struct {
	activity hub.Activity
	attempt  int
	// queued is set while the job is ready.
	queued bool
	// out is set while a handler has the job and has not given it back.
	out bool
	// stop ends the wait for a sign of life, or for a delay to pass.
	stop func()
}

// taskKey names a task of an execution: an activity or a timer.
type taskKey struct {
	instance  string
	execution string
	task      int64
}

// compareKeys orders tasks by instance, execution and number.
func compareKeys(a, b taskKey) int {
	return cmp.Or(cmp.Compare(a.instance, b.instance), cmp.Compare(a.execution, b.execution), cmp.Compare(a.task, b.task))
}

func jobKey(a hub.Activity) taskKey { return taskKey{a.Instance, a.Execution, a.Task} }

// open begins a session.
func (q *workQueue) open(limit int, handle func(hub.ActivityDelivery)) *workSession {
	s := &workSession{queue: q, limit: limit, handle: handle, done: make(chan struct{})}
	q.sessions = append(q.sessions, s)
	q.handOut()
	return s
}

// add makes a job of an activity, unless the queue has that job already.
func (q *workQueue) add(a hub.Activity) {
	if q.jobs[jobKey(a)] != nil {
		return
	}
	a.Input = bytes.Clone(a.Input)
	j := &job{activity: a, stop: func() {}}
	q.jobs[jobKey(a)] = j
	q.offer(j)
}

// offer makes a job ready, behind all others.
func (q *workQueue) offer(j *job) {
	if !q.has(j) || j.queued {
		return
	}
	j.stop()
	j.queued, j.out = true, false
	q.ready = append(q.ready, j)
	q.handOut()
}

// has reports whether the job is not acknowledged.
func (q *workQueue) has(j *job) bool { return q.jobs[jobKey(j.activity)] == j }

// handOut gives ready jobs to sessions that have room, one session after the other.
func (q *workQueue) handOut() {
	for len(q.ready) > 0 {
		i := slices.IndexFunc(q.sessions, (*workSession).free)
		if i < 0 {
			return
		}
		s := q.sessions[i]
		q.sessions = append(slices.Delete(q.sessions, i, i+1), s)
		j := q.ready[0]
		q.ready = q.ready[1:]
		j.queued, j.out = false, true
		j.attempt++
		q.expectLife(j)
		s.start(j, j.attempt)
	}
}

// expectLife offers the job again after three keep-alive intervals, unless expectLife is called for
// the job before.
func (q *workQueue) expectLife(j *job) { q.offerAfter(j, 3*q.state.config.KeepAliveInterval) }

// offerAfter offers the job again after the delay. An earlier call for the job has no effect any
// more.
func (q *workQueue) offerAfter(j *job, delay time.Duration) {
	j.stop()
	current := true
	stop := q.state.config.Clock.AfterFunc(delay, func() {
		q.state.mu.Lock()
		defer q.state.mu.Unlock()
		if current {
			q.offer(j)
		}
	})
	j.stop = func() { current = false; stop() }
}

// repeat offers all jobs again that are handed out.
func (q *workQueue) repeat() {
	out := slices.SortedFunc(maps.Values(q.jobs), func(x, y *job) int {
		return compareKeys(jobKey(x.activity), jobKey(y.activity))
	})
	for _, j := range out {
		q.offer(j)
	}
}

// delivery returns a job as it is handed to a handler.
func (q *workQueue) delivery(j *job, attempt int) hub.ActivityDelivery {
	locked := func(f func()) error {
		q.state.mu.Lock()
		defer q.state.mu.Unlock()
		f()
		return nil
	}
	d := hub.ActivityDelivery{Activity: j.activity, Handout: hub.Handout{Attempt: attempt, Again: attempt > 1}}
	d.Input = bytes.Clone(j.activity.Input)
	// An older delivery of the job may still acknowledge it, but nothing else.
	current := func() bool { return q.has(j) && j.out && j.attempt == attempt }
	d.KeepAlive = func() error {
		return locked(func() {
			if current() {
				q.expectLife(j)
			}
		})
	}
	d.Ack = func() error { return locked(func() { q.remove(j) }) }
	d.Release = func(delay time.Duration) error {
		return locked(func() {
			if current() {
				q.release(j, delay)
			}
		})
	}
	return d
}

// release offers the job again after the delay.
func (q *workQueue) release(j *job, delay time.Duration) {
	if delay <= 0 {
		q.offer(j)
		return
	}
	j.out = false
	q.offerAfter(j, delay)
}

// remove acknowledges the job.
func (q *workQueue) remove(j *job) {
	if !q.has(j) {
		return
	}
	j.stop()
	delete(q.jobs, jobKey(j.activity))
	q.ready = slices.DeleteFunc(q.ready, func(x *job) bool { return x == j })
	q.state.left()
}
