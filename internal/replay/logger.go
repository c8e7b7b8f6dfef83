package replay

import (
	"context"
	"log/slog"
)

// replaySafe returns a logger that says nothing while the orchestrator is
// replayed, since it has said it before.
func replaySafe(base *slog.Logger, e *Env) *slog.Logger {
	if base == nil {
		base = slog.Default()
	}
	return slog.New(&replayHandler{Handler: base.Handler(), e: e}).With("instance", e.info.Instance, "orchestrator", e.info.Name)
}

type replayHandler struct {
	slog.Handler
	e *Env
}

func (h *replayHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return !h.e.replaying.Load() && !h.e.IsOff() && h.Handler.Enabled(ctx, level)
}

func (h *replayHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &replayHandler{Handler: h.Handler.WithAttrs(attrs), e: h.e}
}

func (h *replayHandler) WithGroup(name string) slog.Handler {
	return &replayHandler{Handler: h.Handler.WithGroup(name), e: h.e}
}
