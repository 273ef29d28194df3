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
	"strings"
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
	// Project is the Project API. Its operations are declared once, at their
	// server-side path under /v1, where a project's server-side key opens them;
	// see Operation.Client and Operation.Permission for the other ways in.
	Project Door = "project"
	// ClientSide is the Project API's way in for a client-side key, used from a
	// browser. No operation is declared there.
	ClientSide Door = "client"
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
	// the path has none, in no project at all and then only owners may. An
	// operation of the Project API that names one is served to people as well,
	// under /team/v1/projects/{projectId}.
	Permission ident.Permission
	// OrPermission is another one that is enough in the project; empty if none
	// is.
	OrPermission ident.Permission
	// Client is the project's setting that lets client-side keys use an
	// operation of the Project API, under /client; empty if nothing does.
	Client ClientSetting
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
	// Produces names the media types that the operation answers with beside
	// JSON, where its result is an Or; for example "text/csv", or
	// "text/html, text/plain".
	Produces string
	// NoETag is set where the answer is not what a later GET shows.
	NoETag bool
	// Audited says that an operation registered with Read shows a secret: who
	// asks is written into the audit log, before the answer. What it shows is
	// not.
	Audited bool
	// ByAddress limits the calls of one address to five in five seconds: for
	// what anybody may ask for and what costs the server something.
	ByAddress bool
	// WhileEnrolling says that the operation is open to people who have yet to
	// set up the one-time codes that their organization requires.
	WhileEnrolling bool
	// Timeout bounds the work on one call; requestTimeout if it is 0.
	Timeout time.Duration
	// KeepAnswer is how long an answer may be kept for an Idempotency-Key
	// where it holds a secret; 0 means for as long as the key itself, 24 h.
	KeepAnswer time.Duration

	computes bool // has a body and changes nothing
}

// ClientSetting names a setting of a project that lets client-side keys do
// something (CONTRACT 1).
type ClientSetting string

// ClientLoyaltyEvents lets client-side keys send custom events.
const ClientLoyaltyEvents ClientSetting = "client_loyalty_events_enabled"

const (
	serverSide = "/v1/"
	inProject  = "/team/v1/projects/{projectId}/"
)

// ways returns the operation once for each way in that it has: itself, and for
// one of the Project API those of client-side keys and of people.
func (op Operation) ways() []Operation {
	ways := []Operation{op}
	if op.Door != Project {
		return ways
	}
	if !strings.HasPrefix(op.Path, serverSide) {
		panic("operation " + op.ID + ": a path of the Project API begins with " + serverSide) // found by any test
	}
	if op.Client != "" {
		client := op
		client.Door, client.ID, client.Path = ClientSide, "client-"+op.ID, "/client"+op.Path
		client.Summary += ", client side"
		client.Description += "\n\nThe call comes from a page on one of the project's `client_trusted_domains`, and the project's setting `" + string(op.Client) + "` allows it."
		ways = append(ways, client)
	}
	if op.Permission != "" {
		people := op
		people.Door, people.ID, people.Path = Team, "project-"+op.ID, inProject+strings.TrimPrefix(op.Path, serverSide)
		ways = append(ways, people)
	}
	return ways
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
	if op.Audited {
		op.Description += " The audit log tells who asked."
	}
	for _, way := range op.ways() {
		input := declare[I, O](r, &way)
		r.reads[way.Path] = func(ctx context.Context, q database.Querier, c *Call, req *http.Request) (any, error) {
			var in I
			if err := input.decodePath(req, &in); err != nil {
				return nil, err
			}
			return run(ctx, q, c, &in)
		}
		r.handle(&way, answerFrom(r, &way, input, run))
	}
}

// Compute registers an operation that is sent a body and changes nothing: it
// works something out.
func Compute[I, O any](r *Router, op Operation, run ReadFunc[I, O]) {
	op.computes, op.NoETag = true, true
	for _, way := range op.ways() {
		input := declare[I, O](r, &way)
		r.handle(&way, answerFrom(r, &way, input, run))
	}
}

func answerFrom[I, O any](r *Router, op *Operation, input *input, run ReadFunc[I, O]) runFunc {
	return func(ctx context.Context, c *Call, req *http.Request, body []byte) (*answer, error) {
		var in I
		if err := input.decode(req, body, &in); err != nil {
			return nil, err
		}
		out, err := run(ctx, r.parts.DB, c, &in)
		if err != nil {
			return nil, err
		}
		if op.Audited && c.Actor.Audited() {
			if err := r.parts.DB.Append(ctx, func(tx database.Tx) error { return r.audit(ctx, tx, op, c) }); err != nil {
				return nil, err
			}
		}
		return newAnswer(op, out)
	}
}

// Write registers an operation that changes something.
func Write[I, O any](r *Router, op Operation, run WriteFunc[I, O]) {
	WriteAfter(r, op, nil, run)
}

// WriteAfter registers an operation that changes something and has to prepare
// for it first.
func WriteAfter[I, O any](r *Router, op Operation, prepare PrepareFunc[I], run WriteFunc[I, O]) {
	registerWrite(r, op, nil, prepare, run)
}

// DryRun is how an operation that changes something tells what it would do.
type DryRun[I, O any] struct {
	// Wanted reports whether the caller asks for that alone.
	Wanted func(in *I) bool
	// Run answers from what is committed. It runs in no transaction, so that
	// nobody waits for it, and nothing is kept of it: neither an entry of the
	// audit log nor an answer for an Idempotency-Key. The answer has no ETag,
	// for it is not the resource.
	Run ReadFunc[I, O]
}

// WriteOrTry registers an operation that changes something, or only tells what
// it would change.
func WriteOrTry[I, O any](r *Router, op Operation, try DryRun[I, O], run WriteFunc[I, O]) {
	registerWrite(r, op, &try, nil, run)
}

func registerWrite[I, O any](r *Router, op Operation, try *DryRun[I, O], prepare PrepareFunc[I], run WriteFunc[I, O]) {
	for _, way := range op.ways() {
		input := declare[I, O](r, &way)
		r.handle(&way, func(ctx context.Context, c *Call, req *http.Request, body []byte) (*answer, error) {
			var in I
			if err := input.decode(req, body, &in); err != nil {
				return nil, err
			}
			if try != nil && try.Wanted(&in) {
				return answerTry(ctx, r, &way, c, req, &in, try.Run)
			}
			return r.once(ctx, &way, c, req, body, func(finish finish) (*answer, error) {
				if c.missing != nil {
					return nil, c.missing
				}
				if prepare != nil {
					if err := prepare(ctx, c, &in); err != nil {
						return nil, err
					}
				}
				return write(ctx, r, &way, c, req, in, run, finish)
			})
		})
	}
}

func answerTry[I, O any](ctx context.Context, r *Router, op *Operation, c *Call, req *http.Request, in *I, run ReadFunc[I, O]) (*answer, error) {
	if c.missing != nil {
		return nil, c.missing
	}
	if err := r.checkMatch(ctx, r.parts.DB, op, c, req); err != nil {
		return nil, err
	}
	out, err := run(ctx, r.parts.DB, c, in)
	if err != nil {
		return nil, err
	}
	done, err := newAnswer(op, out)
	if err != nil {
		return nil, err
	}
	done.etag = ""
	return done, nil
}

// AppendFunc does work that only adds, in a transaction of its own or of
// several calls together. There it calls keep with its result, so that what is
// kept of the call commits with the work; again if the transaction is tried
// again.
type AppendFunc[I, O any] func(ctx context.Context, c *Call, in *I, keep Keep[O]) (O, error)

// Keep is what has to commit with an AppendFunc's work: the answer of an
// Idempotency-Key, the audit log's entry.
type Keep[O any] struct {
	// Needed is false where there is nothing to keep; then In need not be
	// called.
	Needed bool
	In     func(tx database.Tx, out O) error
}

// Append registers an operation that brings its own transaction.
func Append[I, O any](r *Router, op Operation, run AppendFunc[I, O]) {
	for _, way := range op.ways() {
		input := declare[I, O](r, &way)
		r.handle(&way, func(ctx context.Context, c *Call, req *http.Request, body []byte) (*answer, error) {
			var in I
			if err := input.decode(req, body, &in); err != nil {
				return nil, err
			}
			return r.once(ctx, &way, c, req, body, func(finish finish) (done *answer, err error) {
				if c.missing != nil {
					return nil, c.missing
				}
				keep := Keep[O]{Needed: c.Actor.Audited() || req.Header.Get("Idempotency-Key") != ""}
				keep.In = func(tx database.Tx, out O) (err error) {
					if err := r.audit(ctx, tx, &way, c); err != nil {
						return err
					}
					if done, err = newAnswer(&way, out); err != nil {
						return err
					}
					return finish(tx, done)
				}
				out, err := run(ctx, c, &in, keep)
				if err != nil || done != nil {
					return done, err
				}
				return newAnswer(&way, out)
			})
		})
	}
}

// write runs an operation in its transaction, with everything that commits
// with it.
func write[I, O any](ctx context.Context, r *Router, op *Operation, c *Call, req *http.Request, in I, run WriteFunc[I, O], finish finish) (done *answer, err error) {
	err = r.parts.DB.Write(ctx, func(tx database.Tx) error {
		c.record = record{}
		if err := r.checkMatch(ctx, tx, op, c, req); err != nil {
			return err
		}
		attempt := in // a second run must not see what the first one left
		out, err := run(ctx, tx, c, &attempt)
		if err != nil {
			return err
		}
		if done, err = newAnswer(op, out); err != nil {
			return err
		}
		if err := r.audit(ctx, tx, op, c); err != nil {
			return err
		}
		return finish(tx, done)
	})
	return done, err
}
