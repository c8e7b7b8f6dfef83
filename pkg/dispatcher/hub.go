package dispatcher

import "github.com/dormouse-dev/dormouse/internal/hub"

// Hub is what the dispatcher needs of the place where instances live.
type Hub = hub.Engine

// Session is a running delivery.
type Session = hub.Session
