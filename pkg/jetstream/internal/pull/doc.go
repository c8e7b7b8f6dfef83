// Package pull reads a consumer of NATS JetStream: it asks for messages, and hands them on
// in order.
//
// A [Feed] has a state and a transition table, see machine.go:
//
//	          first answer           answered in full          Stop
//	unheard ───────────────▶ greeted ───────────────▶ flowing ──────▶ draining ──▶ over
//	   └──────────────────────────────────────────────────▲              │
//	            answered in full at once                             all has come, or quiet
//
// Before Stop, a break in an ordered feed, silence after a request, the loss of the consumer
// or of the connection lead to over, with an error. A feed never hides trouble, and an ordered
// one never goes on behind a gap: its owner starts another feed.
//
// The machine does no I/O and has no clock. One goroutine (receive.go) turns messages, ticks
// and calls into its inputs.
package pull
