package history

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
