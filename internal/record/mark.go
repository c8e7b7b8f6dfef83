package record

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
	// Builds says for an orchestrator by which builds of the worker they were run, of the
	// last few builds.
	Builds map[string]int `json:"builds,omitempty"`
	// At is the first message that they were to take in. Where the next one is to take in
	// another, they have come back after all.
	At uint64 `json:"at,omitempty"`
	// Resumed is the number of the last message that asked for another try.
	Resumed uint64 `json:"resumed,omitempty"`
}

// mostBuilds bounds how many builds a mark tells apart.
const mostBuilds = 8

// For returns the mark as it counts for a run that is to take in that message first.
func (m Mark) For(first uint64) Mark {
	if m.At == first {
		return m
	}
	return Mark{At: first, Resumed: m.Resumed}
}

// Run returns the mark for one more run, by that build.
func (m Mark) Run(build string) Mark {
	builds := map[string]int{build: m.Builds[build] + 1}
	if len(m.Builds) < mostBuilds {
		for other, runs := range m.Builds {
			if other != build {
				builds[other] = runs
			}
		}
	}
	m.Runs, m.Builds = m.Runs+1, builds
	return m
}

// InstanceMark is the key of the mark of an instance's orchestrator.
const InstanceMark = marked

// ActivityMark is the key of the mark of an activity's task.
func ActivityMark(execution string, task int64) string {
	return marked + "." + execution + "." + TaskArg(task)
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
