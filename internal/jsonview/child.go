package jsonview

import (
	"time"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Child is a [history.Child] in JSON.
type Child struct {
	InstanceID    string    `json:"instanceId"`
	Name          string    `json:"name"`
	Task          int64     `json:"task"`
	RuntimeStatus string    `json:"runtimeStatus"`
	Since         time.Time `json:"since"`
}

// NewChildren returns the JSON form of sub-orchestrations.
func NewChildren(children []history.Child) []Child {
	all := make([]Child, 0, len(children))
	for _, c := range children {
		all = append(all, Child{
			InstanceID: c.ID, Name: c.Name, Task: c.Task, RuntimeStatus: c.Status.String(), Since: c.Since.UTC(),
		})
	}
	return all
}
