package api

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// The headers of a client-side key (CONTRACT 1).
const (
	headerClientID    = "X-Client-Application-Id"
	headerClientToken = "X-Client-Token"
)

// authenticateProjectKey finds out which project's key calls.
func (r *Router) authenticateProjectKey(ctx context.Context, op *Operation, c *Call, req *http.Request) (*ident.Actor, error) {
	if op.Door == Project {
		return r.parts.ProjectKeys.Authenticate(ctx, false, req.Header.Get("X-App-Id"), req.Header.Get("X-App-Token"), c.Address)
	}
	c.Header.Add("Vary", "Origin")
	a, err := r.parts.ProjectKeys.Authenticate(ctx, true, req.Header.Get(headerClientID), req.Header.Get(headerClientToken), c.Address)
	if err != nil {
		return nil, err
	}
	origin := req.Header.Get("Origin")
	trusted, enabled, err := r.parts.ClientSide.MayCall(ctx, a.ProjectID, origin, op.Client)
	switch {
	case err != nil:
		return nil, err
	case origin == "":
		return nil, fault.Denied("A client-side call needs the header Origin, with one of the project's client_trusted_domains")
	case !trusted:
		return nil, fault.Denied("The origin %.255s is not among the project's client_trusted_domains", origin)
	}
	// Pages of trusted origins alone may read the answer, also if it is an error.
	c.Header.Set("Access-Control-Allow-Origin", origin)
	c.Header.Set("Access-Control-Expose-Headers", exposedHeaders)
	if !enabled {
		return nil, fault.Denied("The project's setting %s is off", op.Client)
	}
	return a, nil
}

const (
	exposedHeaders = "ETag, Idempotent-Replayed, Retry-After, X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Retry, X-Rate-Limit-Type, X-Request-Id"
	allowedHeaders = "Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Client-Application-Id, X-Client-Token, X-Request-Id"
)

// preflight answers what browsers ask before a client-side call. They ask
// without the key, so whose page it is cannot be known here: every origin may
// try, and the call itself is refused, and its answer kept from the page,
// unless the key's project trusts the origin.
func (r *Router) preflight(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("Allow", "GET, POST, PUT, DELETE, OPTIONS")
	h.Add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
	if origin := req.Header.Get("Origin"); origin != "" && req.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
		h.Set("Access-Control-Allow-Headers", allowedHeaders)
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}
