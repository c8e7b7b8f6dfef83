package record

import (
	"strconv"
	"strings"
)

// ExecutionID names one execution of an instance. Its text is the root, "-" and the number of
// the generation if that is not 0, and "-r" and how often it was rewound if it was.
type ExecutionID struct {
	// Root is the id that the run was started with, as its sender chose it. A run that was
	// rewound before it continued as new for the first time has that in its root.
	Root string
	// Generation counts ContinueAsNew, from 0.
	Generation int64
	// Rewinds counts how often it was rewound, or is the number that a rewind was given.
	Rewinds uint64
}

// rewound stands before the number of rewinds.
const rewound = "-r"

// ParseExecutionID reads the text of an execution's id. The text alone does not tell the
// generation, since a root may have dashes; where it is not known and 0 is given, it stays a
// part of the root.
func ParseExecutionID(text string, generation int64) ExecutionID {
	id := ExecutionID{Root: text, Generation: generation}
	if i := strings.LastIndex(text, rewound); i >= 0 {
		if n, err := strconv.ParseUint(text[i+len(rewound):], 10, 63); err == nil && n > 0 {
			id.Root, id.Rewinds = text[:i], n
		}
	}
	if suffix := "-" + strconv.FormatInt(generation, 10); generation > 0 {
		id.Root = strings.TrimSuffix(id.Root, suffix)
	}
	return id
}

// String returns the text of the id.
func (id ExecutionID) String() string {
	text := id.Unwound()
	if id.Rewinds > 0 {
		text += rewound + strconv.FormatUint(id.Rewinds, 10)
	}
	return text
}

// Unwound returns the text of the id without rewinds: the one that the code knows, however
// often it is rewound.
func (id ExecutionID) Unwound() string {
	if id.Generation == 0 {
		return id.Root
	}
	return id.Root + "-" + strconv.FormatInt(id.Generation, 10)
}

// Next returns the id of the next generation.
func (id ExecutionID) Next() ExecutionID {
	root := id.Root
	if id.Generation == 0 {
		root = id.String()
	}
	return ExecutionID{Root: root, Generation: id.Generation + 1}
}

// Rewound returns the id after one more rewind. Results of what the execution asked for
// before are not for it.
func (id ExecutionID) Rewound() ExecutionID { return id.RewoundAs(id.Rewinds + 1) }

// RewoundAs is Rewound with a number of the caller's, which must be higher than those before
// it.
func (id ExecutionID) RewoundAs(number uint64) ExecutionID {
	id.Rewinds = number
	return id
}

// Unwound returns the text of an id without rewinds.
func Unwound(execution string) string { return ParseExecutionID(execution, 0).Unwound() }

// IsRunOf reports whether an execution is the one that was started by that id, or
// a later generation of it.
func IsRunOf(started, execution string) bool {
	return execution == started || strings.HasPrefix(execution, started+"-")
}

// TaskArg is the inverse of a message's task number.
func TaskArg(task int64) string { return strconv.FormatInt(task, 10) }
