package monitor

import (
	"context"
	"log/slog"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/retry"
)

// Monitor is told by all parts of a worker how they fare.
type Monitor struct {
	// Log is where the worker logs to.
	Log    *slog.Logger
	Health *Health
	Idle   *Idle

	hub        Hub
	complaints retry.Complaints
	doubts     chan struct{}
}

// Hub is the part of a hub that a monitor needs.
type Hub interface {
	hub.Connection
	hub.Leases
}

// New returns a monitor of a worker that logs to log.
func New(h Hub, log *slog.Logger) *Monitor {
	return &Monitor{Log: log, Health: &Health{log: log}, Idle: &Idle{}, hub: h, doubts: make(chan struct{}, 1)}
}

// Warn logs an error, unless ctx has ended: then the error says no more than that.
func (m *Monitor) Warn(ctx context.Context, message string, err error) {
	if ctx.Err() == nil {
		m.Log.Warn(message, KeyError, err)
	}
}

// Complain logs that something failed which is tried again, as a warning once a minute for
// each reason. While the connection is interrupted it logs at debug level: the connection
// and the worker's health tell of that.
func (m *Monitor) Complain(message string, err error, attributes ...any) {
	level := slog.LevelWarn
	if m.IsInterrupted() || !m.complaints.IsNew(message, err) {
		level = slog.LevelDebug
	}
	m.Log.Log(context.Background(), level, message, append(attributes, KeyError, err)...)
	m.Doubt()
}

// Keep calls run again whenever it returns before ctx ends: when the hub can be reached
// again, if it could not be, and otherwise after a pause. Broke is logged then.
func (m *Monitor) Keep(ctx context.Context, broke string, run func(context.Context) error, attributes ...any) {
	retry.Loop{Reach: m.hub.Reach, Broke: func(err error, _ *retry.Pauses) {
		m.Complain(broke+"; trying again", err, attributes...)
	}}.Run(ctx, run)
}

// IsInterrupted reports whether the hub cannot be reached just now.
func (m *Monitor) IsInterrupted() bool {
	select {
	case <-m.hub.Reach():
		return false
	default:
		return true
	}
}
