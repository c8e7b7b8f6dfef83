package hub

import "time"

// Delivery is a control message as the hub hands it out.
type Delivery struct {
	Message
	// Seq is the hub's number of the message; numbers of one instance's messages
	// rise in the order the hub stored them.
	Seq uint64
	// Stored is when the hub took the message.
	Stored time.Time
	// Again is set where an earlier owner of the partition, who did not give it up in
	// order, may have been handed the message: that one may have died of it.
	Again bool
	// Ack removes the message from the hub. It may be lost: the message then
	// comes again.
	Ack func()
	// Reject moves the message to the dead letters, with the reason.
	Reject func(reason string)
}

// ActivityDelivery is one run of an activity, as the hub hands it out.
type ActivityDelivery struct {
	Activity
	Handout
}

// Handout is what a worker has to do with the hub while it deals with what was handed
// out to it: an activity, or a message of a queue.
type Handout struct {
	// Attempt counts the deliveries, from 1. A server that was killed together with its
	// worker may have forgotten some.
	Attempt int
	// Again is set where it was handed out before, or may have been.
	Again bool
	// KeepAlive tells the hub that it is still being dealt with.
	KeepAlive func() error
	// Ack removes it from the hub, once what came of it is stored. An ack may be lost: it
	// then comes again.
	Ack func() error
	// Release gives it back, to be handed out again after the delay.
	Release func(delay time.Duration) error
}
