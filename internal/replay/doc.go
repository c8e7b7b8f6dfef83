// Package replay holds what the engine hands to users' code, and what that code shows of
// itself: an [Execution] to run, an [ActivityRun], and the [View] of a waiting
// orchestrator.
package replay
