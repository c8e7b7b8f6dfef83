package client

import "github.com/dormouse-dev/dormouse/internal/hub"

// Hub is what a client needs of the place where instances live. Package jetstream
// implements it.
type Hub = hub.Client
