package record

const heartbeat = "heartbeat."

// HeartbeatKey is the key of the progress of an activity, for all its attempts: task is the
// task of the first.
func HeartbeatKey(execution string, task int64) string {
	return heartbeat + Unwound(execution) + "." + TaskArg(task)
}
