package monitor

// Keys of log attributes.
const (
	KeyInstance  = "instance"
	KeyActivity  = "activity"
	KeyPartition = "partition"
	KeyQueue     = "queue"
	KeyMessage   = "message"
	KeyStack     = "stack"
	KeyWorker    = "worker"
	KeyError     = "error"
)
