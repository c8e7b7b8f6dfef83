package history

import (
	"encoding/json"

	"github.com/dormouse-dev/dormouse/internal/ident"
)

// Failure is an error that was written down. It keeps the type name, the message and the chain
// of causes of an error that happened in another process, maybe long ago.
type Failure struct {
	// Type is the Go type of the error, "panic" for a panic.
	Type string `json:"type"`
	// Message is what Error returned.
	Message string `json:"message"`
	// Stack of a panic, empty otherwise.
	Stack string `json:"stack,omitempty"`
	// NonRetryable failures end a retry policy at once.
	NonRetryable bool `json:"nonRetryable,omitempty"`
	// Cause is the wrapped error, nil at the end of the chain.
	Cause *Failure `json:"cause,omitempty"`
}

// StateTooLarge is the type of the failure of an instance whose state was too large for the
// hub to store.
const StateTooLarge = "StateTooLarge"

// InputDropped is the type of the failure of an ended instance whose input was dropped because
// the hub had no room for it.
const InputDropped = "InputDropped"

// IsOf reports whether the failure, or one of its causes, has the type kind.
func (f *Failure) IsOf(kind string) bool {
	for ; f != nil; f = f.Cause {
		if f.Type == kind {
			return true
		}
	}
	return false
}

// Error returns the message.
func (f *Failure) Error() string { return f.Message }

// Unwrap returns the cause, nil at the end of the chain.
func (f *Failure) Unwrap() error {
	if f.Cause == nil {
		return nil
	}
	return f.Cause
}

// ParseFailure reads a Failure from the JSON that [Failure.JSON] wrote. Any other text becomes
// the message of a Failure of type "unknown".
func ParseFailure(data []byte) *Failure {
	var f Failure
	if err := json.Unmarshal(data, &f); err != nil || (f.Type == "" && f.Message == "") {
		return &Failure{Type: "unknown", Message: string(data)}
	}
	return &f
}

// Clip returns the Failure with at most size bytes of text. It drops the least important parts
// first: stacks, then the ends of messages, then the causes that no bytes are left for.
func (f *Failure) Clip(size int) *Failure {
	c := *f
	c.Stack = ""
	c.Type = ident.Cut(f.Type, size)
	size -= len(c.Type)
	c.Message = ident.Cut(f.Message, size)
	c.Cause = nil
	if size -= len(c.Message); f.Cause != nil && size > 0 && len(c.Message) == len(f.Message) {
		c.Cause = f.Cause.Clip(size)
	}
	return &c
}

// Fit returns the Failure, clipped if its JSON would have more than most bytes.
func (f *Failure) Fit(most int) *Failure {
	fitting := f
	for size := most; len(fitting.JSON()) > most && size > 0; size /= 2 {
		fitting = f.Clip(size)
	}
	return fitting
}

// JSON returns the Failure as it travels in a control message.
func (f *Failure) JSON() []byte {
	data, err := json.Marshal(f)
	if err != nil { // strings and bools always marshal
		panic(err)
	}
	return data
}
