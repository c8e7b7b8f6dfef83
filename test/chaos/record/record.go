// Package record is what the senders of the chaos say to its orchestrators, and what
// those write down of it.
package record

import "fmt"

// Names of the orchestrators, and of the one event that they wait for.
const (
	Tally   = "Tally"   // takes items, one after another
	Noted   = "Noted"   // the same, with an activity for each
	Rounds  = "Rounds"  // the same, in a new generation every few items
	Window  = "Window"  // the same, by waits that time out
	Alarms  = "Alarms"  // sets a timer for each item
	Family  = "Family"  // calls a sub-orchestration for each item
	Canary  = "Canary"  // shows the last item in its custom status
	Killer  = "Killer"  // ends its process when the item comes
	Deadly  = "Deadly"  // calls an activity that ends its process
	Foreign = "Foreign" // waits on a goroutine of its own when the item comes

	Item = "Item"
)

// Kinds are the orchestrators that keep a record.
var Kinds = []string{Tally, Noted, Rounds, Window, Alarms, Family}

// Said is the payload of an item.
type Said struct {
	By   string `json:"by,omitempty"`
	N    int    `json:"n,omitempty"`
	Last bool   `json:"last,omitempty"`
	// After is for how many milliseconds an alarm is set.
	After int64 `json:"after,omitempty"`
}

// String names the item within its instance.
func (s Said) String() string { return fmt.Sprintf("%s%d", s.By, s.N) }

// Junk stands for an item that could not be read.
const Junk = "?"

// Taken is the output of an orchestrator that keeps a record.
type Taken struct {
	// Items are the names of the items, in the order in which they were taken.
	Items []string `json:"items"`
	// Fired are the times at which the alarms went off, in Unix microseconds, by the
	// names of their items.
	Fired map[string]int64 `json:"fired,omitempty"`
}

// Dose is the input of an orchestrator that kills.
type Dose struct {
	// Deaths is the path of a file that gets a line each time, and Most how many lines
	// there may be; then it kills no more.
	Deaths string `json:"deaths"`
	Most   int    `json:"most"`
}
