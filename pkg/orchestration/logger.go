package orchestration

import (
	"context"
	"log/slog"
)

// replaySafe returns a logger that says nothing while the orchestrator is
// replayed, since it has said it before.
func replaySafe(base *slog.Logger, x *Execution) *slog.Logger {
	if base == nil {
		base = slog.Default()
	}
	return slog.New(&replayHandler{Handler: base.Handler(), x: x}).With("instance", x.info.Instance, "orchestrator", x.info.Name)
}

type replayHandler struct {
	slog.Handler
	x *Execution
}

func (h *replayHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return !h.x.replaying.Load() && !h.x.isOff() && h.Handler.Enabled(ctx, level)
}

func (h *replayHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &replayHandler{Handler: h.Handler.WithAttrs(attrs), x: h.x}
}

func (h *replayHandler) WithGroup(name string) slog.Handler {
	return &replayHandler{Handler: h.Handler.WithGroup(name), x: h.x}
}
