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
// In every state, a break in the order, silence, the loss of the consumer or of the
// connection lead to over, with an error. A feed never hides trouble and never goes on
// behind a gap: whoever needs the messages starts another feed.
//
// The machine does no I/O and has no clock. One goroutine (receive.go) turns messages, ticks
// and calls into its inputs.
package pull
