package record

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Parent is the task of another instance whose result an instance is.
type Parent = history.Parent

// ChildExecution returns the id of the execution that runs as that task of an
// execution, be it rewound or not: always the same, and no other's.
func ChildExecution(execution string, task int64) string {
	sum := sha256.Sum256([]byte(Unwound(execution) + "/" + TaskArg(task)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:16])[:26])
}

// childIDDigits is how much of its execution's id is in the id of a child that was
// given none.
const childIDDigits = 10

// ChildID returns the id of a child that was given none: its parent's, and a part of
// its execution's.
func ChildID(instance, execution string, task int64) string {
	suffix := ":" + ChildExecution(execution, task)[:childIDDigits]
	most := ident.MaxInstanceID - len(suffix)
	if runes := []rune(instance); len(runes) > most {
		instance = string(runes[:most])
	}
	return instance + suffix
}

// SentID is the event id of what an execution sends by an [history.EventSent], be it rewound or
// not: the same for the same event, and no other's. Code that was put right may send
// something else as that task, so what it sends is part of the id.
func SentID(execution string, sent Event) string {
	sum := sha256.Sum256(append([]byte(ident.Fold(sent.Name)+"/"), sent.Data...))
	return Unwound(execution) + "/" + TaskArg(sent.Task) + "/" + hex.EncodeToString(sum[:8])
}
