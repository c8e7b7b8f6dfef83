package record

import (
	"strconv"
	"strings"
)

// NextGeneration returns the execution id of the generation after the given one,
// whose number is generation: the id it was started with, and a number.
func NextGeneration(execution string, generation int64) string {
	root := execution
	if generation > 0 {
		root = RunOf(execution, generation)
	}
	return root + "-" + strconv.FormatInt(generation+1, 10)
}

// RunOf returns the id that a run was started with, given the execution of one of its
// generations.
func RunOf(execution string, generation int64) string {
	root := Unwound(execution)
	if generation > 0 {
		root = root[:strings.LastIndexByte(root, '-')]
	}
	return root
}

// rewound is what stands in an execution's id before how often it was rewound.
const rewound = "-r"

// Rewound returns the id of an execution that was rewound. Results of what it asked
// for before are not for it.
func Rewound(execution string) string {
	return Unwound(execution) + rewound + strconv.Itoa(Rewinds(execution)+1)
}

// RewoundAs is Rewound, with a number of the caller's, which must be higher than those
// before it.
func RewoundAs(execution string, number uint64) string {
	return Unwound(execution) + rewound + strconv.FormatUint(number, 10)
}

// Rewinds returns how often an execution has been rewound.
func Rewinds(execution string) int {
	before := Unwound(execution)
	if before == execution {
		return 0
	}
	times, _ := strconv.Atoi(execution[len(before)+len(rewound):])
	return times
}

// Unwound returns the id that an execution had before it was rewound: the one that
// its code knows, however often that happens.
func Unwound(execution string) string {
	i := strings.LastIndex(execution, rewound)
	if i < 0 {
		return execution
	}
	if n, err := strconv.Atoi(execution[i+len(rewound):]); err != nil || n < 1 {
		return execution
	}
	return execution[:i]
}

// IsRunOf reports whether an execution is the one that was started by that id, or
// a later generation of it.
func IsRunOf(started, execution string) bool {
	return execution == started || strings.HasPrefix(execution, started+"-")
}

// TaskArg is the inverse of a message's task number.
func TaskArg(task int64) string { return strconv.FormatInt(task, 10) }
