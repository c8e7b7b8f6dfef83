package history

import (
	"encoding/json"
	"fmt"
	"strings"
)

const marked = "mark"

// Mark counts runs of users' code that were begun and have not come back: their worker
// may have died of them. It is stored beside the instance's value, before a run that
// is under suspicion begins, and removed when it comes back.
type Mark struct {
	// Runs is how many have not come back, one after another.
	Runs int `json:"runs"`
	// Build is the worker's build that the last of them was run by.
	Build string `json:"build,omitempty"`
}

// ActivityMark is the key of the mark of an activity's task.
func ActivityMark(a *Activity) string {
	return marked + "." + a.Execution + "." + TaskArg(a.Task)
}

// IsReplaced reports whether what is stored under a key beside a value may be replaced:
// marks, and what activities say of their progress. Segments never are.
func IsReplaced(key string) bool {
	return key == marked || strings.HasPrefix(key, marked+".") || strings.HasPrefix(key, heartbeat)
}

// Encode returns the mark as it is stored: JSON.
func (m Mark) Encode() []byte {
	data, err := json.Marshal(m)
	if err != nil { // numbers and strings always marshal
		panic(err)
	}
	return data
}

// DecodeMark is the inverse of [Mark.Encode]. It returns an error wrapping [ErrCorrupt].
func DecodeMark(data []byte) (Mark, error) {
	var m Mark
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%w: mark: %w", ErrCorrupt, err)
	}
	return m, nil
}
