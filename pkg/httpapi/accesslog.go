package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// log writes the line of the access log. The line has the route and not the path, which may
// hold anything, and never the query. Keys are removed from all texts in it.
func (x *exchange) log() {
	level := slog.LevelInfo
	if x.failure != nil {
		level = slog.LevelError
	}
	logger := x.api.config.Logger
	ctx := context.WithoutCancel(x.ctx())
	if !logger.Enabled(ctx, level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("method", x.redacted(x.r.Method)), slog.String("route", x.pattern()), slog.Int("status", x.w.status),
		slog.Int64("bytes", x.w.bytes), slog.Duration("took", time.Since(x.began).Round(time.Microsecond)),
		slog.String("remote", x.r.RemoteAddr), slog.String("request", x.redacted(x.requestID)),
	}
	for _, a := range []struct{ key, value string }{
		{"hub", x.hub}, {"instance", x.id}, {"orchestrator", x.name}, {"event", x.event}, {"key", x.keyName},
	} {
		if a.value != "" {
			attributes = append(attributes, slog.String(a.key, x.redacted(a.value)))
		}
	}
	if x.failure != nil {
		attributes = append(attributes, slog.String("error", x.api.redact.Replace(x.failure.Error())))
	}
	logger.LogAttrs(ctx, level, "http", attributes...)
}

func (x *exchange) redacted(text string) string { return clip(x.api.redact.Replace(text)) }

func (x *exchange) pattern() string {
	if x.route == nil {
		return http.StatusText(http.StatusNotFound)
	}
	return x.route.pattern
}
