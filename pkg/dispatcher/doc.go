// Package dispatcher is the engine room: it takes control messages from a hub,
// runs the code of the instances they are for, and stores the outcome.
//
// # The turn
//
// Whatever an instance decides, it decides in a turn (internal/run):
//
//	load    find the instance parked in memory, or read its record
//	replay  hand its code what is new: (instance, batch, limits) → outcome
//	commit  replace the record by compare-and-set
//	send    carry out what was decided: run activities, set and cancel timers
//	ack     remove the messages that were taken in
//
// The middle is a function of values (internal/turn). A turn takes in the messages that are
// in line for the instance, up to 256 or 256 KiB, and hands them to the code one at a time.
//
// # The rooms
//
//	internal/partition  which partitions this worker owns; the messages of a partition
//	internal/run        the turns of instances: load, commit, send, ack; the cache
//	internal/turn       what the messages of a turn lead to, without any I/O
//	internal/work       activities, and messages of queues
//	internal/mark       marks of runs that may end their worker
//	internal/monitor    whether the worker can work, and since when it is idle
//
// # The path of a message
//
//	hub ─▶ partition owner ─▶ inbox ─▶ one goroutine ─▶ turn ─▶ hub
//	       in order,          one an   an instance
//	       no gaps            instance
//
// The owner of a partition begins with the hub handing out everything that is not
// acknowledged, in order.
//
// # Guarantees
//
// A message that the hub has accepted is taken in once, in the order the hub stored
// those of its instance. Two workers that both believe to own an instance cannot
// both commit. What a turn decided is carried out at least once after its commit,
// never before; carrying it out twice has the effect of once, but that an activity
// may run again, and of its results one counts.
//
// # Failure handling
//
//	the worker dies …                 what repairs it
//	before the commit                 the messages come again; nothing had happened
//	after the commit, before the send the messages come again and are known by the
//	                                  watermark: the last turn's commands, worked out
//	                                  from its events, are sent again
//	after the send, before the ack    the same
//	while an activity runs, or a      its message comes again, here or elsewhere
//	message of a queue is at work
//	because of an instance's code     its turns are marked before they run, and it is
//	                                  held back after three marked ones (run/suspect.go)
//	because of an activity            it fails after five lost runs (work/lost.go)
//	while it is paused                others take its partitions over; what it does
//	                                  when it goes on is refused by compare-and-set
//
// An error of the hub leaves a commit's outcome open: the instance is unloaded and
// loaded again. A conflict is not an error: another worker was faster. Code
// that cannot take an instance up (non-determinism, not registered) blocks it: the
// reason is stored where it can be seen, the messages stay, and the instance goes on
// when a worker has the right code. Code that does not come back blocks its instance
// too, and is not run again here before it has (run/quarantine.go).
package dispatcher
