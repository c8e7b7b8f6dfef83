package dispatcher

import "github.com/dormouse-dev/dormouse/internal/hub"

// Hub is the part of a hub that the dispatcher needs.
type Hub = hub.Engine

// Session is a running delivery.
type Session = hub.Session
