package run

import (
	"sync"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

// unknownActivities are activities that are asked for and that this worker does not have. They
// wait for a worker that does; where their name is a slip of the pen that is for ever,
// so each is named once.
type unknownActivities struct{ known sync.Map }

// introduce makes names known.
func (s *unknownActivities) introduce(names []string) {
	for _, name := range names {
		s.known.Store(name, true)
	}
}

// meet returns those that the commands ask for, once each.
func (s *unknownActivities) meet(commands []hub.Command) []*hub.Activity {
	var met []*hub.Activity
	for _, c := range commands {
		if c.Run == nil {
			continue
		}
		if _, known := s.known.LoadOrStore(c.Run.Name, true); !known {
			met = append(met, c.Run)
		}
	}
	return met
}
