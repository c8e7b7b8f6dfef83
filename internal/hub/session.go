package hub

import "context"

// PartitionSession is the running delivery of a partition's control messages.
type PartitionSession interface {
	Session
	// Leave says that the partition is given up in order: of what was delivered nothing
	// is at work any more. It must come after Stop, and changes nothing where somebody
	// else has opened the partition meanwhile.
	Leave(ctx context.Context) error
}

// Session is a running delivery of control messages or activities.
type Session interface {
	// Stop ends it and waits until nothing that was handed out is at work any
	// more. Stopping again waits as well.
	Stop()
	// Done is closed when nothing more will be handed out.
	Done() <-chan struct{}
	// Err says why the session ended by itself, nil after Stop.
	Err() error
}
