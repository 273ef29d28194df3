// Package api has the one way to declare an operation and the runner around
// it. A declaration gives the route, the validation and the OpenAPI document;
// the runner does, in this order and for every operation alike: authenticate,
// check the entitlement, limit, authorize, decode and validate, run in a
// transaction (with If-Match, the audit log and the stored answer of an
// Idempotency-Key inside it), answer, and count.
//
// It is the only room that knows HTTP statuses.
package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Door is the surface an operation belongs to, and so the credentials that
// open it (CONTRACT 1).
type Door string

// The doors.
const (
	// Management takes a Management API key, or a console session with the
	// user's own permissions.
	Management Door = "management"
	// Team takes a console session.
	Team Door = "team"
	// Open takes no credential: signing in, looking at an invitation.
	Open Door = "open"
)

// Operation declares an operation. Everything it says is enforced by the
// runner and told in the OpenAPI document.
type Operation struct {
	ID          string // as in the OpenAPI document, for example "create-webhook"
	Method      string
	Path        string // with {name} for path parameters
	Door        Door
	Tag         string // the group in the OpenAPI document
	Summary     string
	Description string
	// Resource is the scope that a management key needs, for example
	// "webhooks".
	Resource string
	// Permission is what a user needs: in the project of the path, or, where
	// the path has none, in no project at all and then only owners may.
	Permission ident.Permission
	// FindsProject says that the operation looks the path's project up in the
	// caller's organization by itself, so that the runner need not do it twice.
	FindsProject bool
	// Status of success: 200 if it is 0. With 204 the result is not written.
	Status int
	// Faults lists what the operation can answer beyond what the runner itself
	// answers.
	Faults []*fault.Code
	// Params documents query parameters that the input reads from its Query
	// field.
	Params []*huma.Param
	// Produces names the media type that the operation answers with beside
	// JSON, where its result is an Or; for example "text/csv".
	Produces string
	// NoETag is set where the answer is not what a later GET shows.
	NoETag bool
	// KeepAnswer is how long an answer may be kept for an Idempotency-Key
	// where it holds a secret; 0 means for as long as the key itself, 24 h.
	KeepAnswer time.Duration
}

// ReadFunc answers a GET from what is committed.
type ReadFunc[I, O any] func(ctx context.Context, q database.Querier, c *Call, in *I) (O, error)

// WriteFunc does the work of any other method inside a transaction, which
// commits if it returns no error. It may run more than once and must do
// nothing but work on the transaction.
type WriteFunc[I, O any] func(ctx context.Context, tx database.Tx, c *Call, in *I) (O, error)

// PrepareFunc does what needs time or the network before a transaction begins
// (look up a host, hash a password). It may add to the input.
type PrepareFunc[I any] func(ctx context.Context, c *Call, in *I) error

// None is the result of an operation that answers 204.
type None struct{}

// Read registers an operation that changes nothing. See Input for the fields
// of I.
func Read[I, O any](r *Router, op Operation, run ReadFunc[I, O]) {
	input := declare[I, O](r, &op)
	r.reads[op.Path] = func(ctx context.Context, q database.Querier, c *Call, req *http.Request) (any, error) {
		var in I
		if err := input.decodePath(req, &in); err != nil {
			return nil, err
		}
		return run(ctx, q, c, &in)
	}
	r.handle(&op, func(ctx context.Context, c *Call, req *http.Request, body []byte) (*answer, error) {
		var in I
		if err := input.decode(req, body, &in); err != nil {
			return nil, err
		}
		out, err := run(ctx, r.parts.DB, c, &in)
		if err != nil {
			return nil, err
		}
		return newAnswer(&op, out)
	})
}

// Write registers an operation that changes something.
func Write[I, O any](r *Router, op Operation, run WriteFunc[I, O]) {
	WriteAfter(r, op, nil, run)
}

// WriteAfter registers an operation that changes something and has to prepare
// for it first.
func WriteAfter[I, O any](r *Router, op Operation, prepare PrepareFunc[I], run WriteFunc[I, O]) {
	input := declare[I, O](r, &op)
	r.handle(&op, func(ctx context.Context, c *Call, req *http.Request, body []byte) (*answer, error) {
		var in I
		if err := input.decode(req, body, &in); err != nil {
			return nil, err
		}
		return r.once(ctx, &op, c, req, body, func(finish func(database.Tx, *answer) error) (*answer, error) {
			if c.missing != nil {
				return nil, c.missing
			}
			if prepare != nil {
				if err := prepare(ctx, c, &in); err != nil {
					return nil, err
				}
			}
			var done *answer
			err := r.parts.DB.Write(ctx, func(tx database.Tx) error {
				c.record = record{}
				if err := r.checkMatch(ctx, tx, &op, c, req); err != nil {
					return err
				}
				attempt := in // a second run must not see what the first one left
				out, err := run(ctx, tx, c, &attempt)
				if err != nil {
					return err
				}
				if done, err = newAnswer(&op, out); err != nil {
					return err
				}
				if err := r.audit(ctx, tx, &op, c); err != nil {
					return err
				}
				return finish(tx, done)
			})
			return done, err
		})
	})
}
