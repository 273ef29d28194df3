package api

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/ident"
)

// Call is one call of an operation: who makes it, from where, about which
// project.
type Call struct {
	Actor     *ident.Actor
	Door      Door       // the way in
	Address   netip.Addr // of the caller, behind trusted proxies
	RequestID string
	ProjectID string // of the path's {projectId}, checked to be within reach; else empty
	Now       clock.Timestamp
	// Header is the answer's header, for operations that set a cookie.
	Header http.Header
	// Request is the call as it came; operations need it for cookies alone.
	Request *http.Request

	record  record
	rate    Rate                        // the limit that is nearest, as the header tells
	confirm func(context.Context) error // checks the credential again
	missing error                       // the path's project is not there
	metric  string                      // what the call is counted under; empty if it is not
	admit   func(metric string) error   // nil if nothing limits the caller
}

// Bulk says that the call turns out to carry many things at once: it is
// counted as a bulk call, and taken from those limits too. It returns
// fault.TooManyRequests if they are used up.
func (c *Call) Bulk() error {
	if c.admit == nil {
		return nil
	}
	c.metric = MetricBulkAPICalls
	return c.admit(MetricBulkAPICalls)
}

type record struct {
	kind, id      string
	before, after any
}

// Record tells the audit log what the operation did to which resource: its
// public form before and after, nil where there is none. Whether it is written
// depends on who acts (CONTRACT 4).
func (c *Call) Record(kind, id string, before, after any) {
	c.record = record{kind: kind, id: id, before: before, after: after}
}

// Confirm checks again that the caller may make the call, for operations that
// have waited: keys are deleted meanwhile, sessions end, roles change. It
// returns what the call would be refused with if it came now.
func (c *Call) Confirm(ctx context.Context) error {
	if c.confirm == nil { // an operator's call, which no runner makes
		return nil
	}
	return c.confirm(ctx)
}

// Has reports whether the caller says, with If-None-Match, that it has the
// resource with this ETag.
func (c *Call) Has(etag string) bool {
	return matches(c.Request.Header.Values("If-None-Match"), etag, false)
}

// ActAs says who turned out to call at a door that takes no credential, for
// the audit log: the user who signed in, or who accepted an invitation.
func (c *Call) ActAs(userID, login, organizationID string) {
	c.Actor = &ident.Actor{Kind: ident.ByUser, ID: userID, Name: login, OrganizationID: organizationID, Address: c.Address}
}

// Operator returns a call for a command of the operator, who may do anything.
func Operator(organizationID string, now clock.Timestamp) *Call {
	return &Call{
		Actor:     &ident.Actor{Kind: ident.ByOperator, Name: "operator", OrganizationID: organizationID, Owner: true, Unlocked: true},
		RequestID: ident.NewRequestID(),
		Now:       now,
	}
}
