package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// log writes one line for a call that is over. Reads that succeeded are
// written at the debug level only; a body or a credential never is. A refusal
// is written by its key alone: its details may quote what the caller sent.
func (r *Router) log(ctx context.Context, op *Operation, c *Call, req *http.Request, status int, took time.Duration, err error) {
	level := slog.LevelInfo
	if req.Method == http.MethodGet && status < http.StatusBadRequest && err == nil {
		level = slog.LevelDebug
	}
	if !r.parts.Log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", c.RequestID), slog.String("operation", op.ID), slog.Int("status", status),
		slog.Duration("took", took), slog.String("address", c.Address.String()),
	}
	if c.Actor != nil && c.Actor.OrganizationID != "" {
		attrs = append(attrs, slog.String("organization", c.Actor.OrganizationID), slog.String("actor", c.Actor.ID))
	}
	if c.ProjectID != "" {
		attrs = append(attrs, slog.String("project", c.ProjectID))
	}
	switch {
	case err == nil:
	case http.StatusBadRequest <= status && status < http.StatusInternalServerError:
		attrs = append(attrs, slog.String("fault", asFault(err).Code.Key))
	default:
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	r.parts.Log.LogAttrs(ctx, level, "call", attrs...)
}
