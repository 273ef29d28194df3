package api

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/seal"
)

// Parts is what the runner needs from the rest of the house. app supplies it.
type Parts struct {
	DB    database.DB
	Clock clock.Clock
	Log   *slog.Logger
	Seal  *seal.Box
	// Keys authenticates a management key; its error is what the caller sees.
	Keys KeyAuthenticator
	// Sessions authenticates a console session.
	Sessions SessionAuthenticator
	// ProjectKeys authenticates a project's keys.
	ProjectKeys ProjectKeyAuthenticator
	// ClientSide tells what client-side keys may do.
	ClientSide ClientSideFinder
	// Callers limits the addresses that client-side calls, and those of
	// operations that ask for it, come from.
	Callers AddressLimiter
	// Projects tells what an actor can reach.
	Projects ProjectFinder
	// Roles tells what a user may do in a project.
	Roles PermissionFinder
	// Meter limits and counts calls.
	Meter Meter
	// Audit writes the audit log.
	Audit Auditor
	// Observe is told of every call that is over, for /metrics.
	Observe func(operation string, status int, took time.Duration)
	// TrustedProxies may say in X-Forwarded-For whom they speak for.
	TrustedProxies []netip.Prefix
}

// KeyAuthenticator turns a Management API key's id and token into an actor.
type KeyAuthenticator interface {
	// Authenticate returns fault.Unauthorized for a key that is unknown,
	// malformed, expired or wrong, all alike, and fault.Forbidden for an
	// address that is not on the key's list.
	Authenticate(ctx context.Context, id, token string, from netip.Addr) (*ident.Actor, error)
}

// ProjectKeyAuthenticator turns a project key's id and token into an actor.
type ProjectKeyAuthenticator interface {
	// Authenticate returns fault.Unauthorized for a key that is unknown,
	// malformed, wrong or of the other side, all alike, and fault.Forbidden for
	// an address that is not on the key's list.
	Authenticate(ctx context.Context, clientSide bool, id, token string, from netip.Addr) (*ident.Actor, error)
}

// ClientSideFinder tells what a project's client-side keys may do.
type ClientSideFinder interface {
	// MayCall reports whether the Origin is one of the project's trusted
	// domains, and whether the setting is on.
	MayCall(ctx context.Context, projectID, origin string, setting ClientSetting) (trusted, enabled bool, err error)
}

// AddressLimiter limits calls by the address they come from.
type AddressLimiter interface {
	// Admit takes one call from what the address may do with something: client
	// side in the project of this id, or with the operation of this one.
	Admit(what string, from netip.Addr) Rate
}

// SessionAuthenticator turns a session cookie into an actor.
type SessionAuthenticator interface {
	// Authenticate returns nil, nil if the request carries no session, and
	// fault.Unauthorized if it carries one that is over.
	Authenticate(ctx context.Context, req *http.Request) (*ident.Actor, error)
}

// ProjectFinder tells which projects there are.
type ProjectFinder interface {
	// Exists reports whether the organization has this project.
	Exists(ctx context.Context, q database.Querier, organizationID, projectID string) (bool, error)
}

// PermissionFinder tells what users may do.
type PermissionFinder interface {
	// PermissionsIn returns the user's permissions in the project, nil if the
	// user is no member of it.
	PermissionsIn(ctx context.Context, q database.Querier, userID, projectID string) ([]ident.Permission, error)
}

// Rate is where a credential stands against the limit that is nearest.
type Rate struct {
	Limit, Remaining int64
	Retry            time.Duration // until the window ends
	Exceeded         string        // names the limit that was hit; empty if none was
}

// Usage is one call, to be counted.
type Usage struct {
	Actor     *ident.Actor
	Metric    string
	ProjectID string
	Operation string
	Status    int
	At        clock.Timestamp
}

// Meter limits and counts calls.
type Meter interface {
	// Admit takes one call from the actor's limits.
	Admit(actor *ident.Actor, projectID, metric string) Rate
	// Count notes a call that is over.
	Count(Usage)
}

// Entry is one deed for the audit log.
type Entry struct {
	Actor                    *ident.Actor
	Address                  string
	RequestID                string
	At                       clock.Timestamp
	Action                   string
	ProjectID                string
	ResourceType, ResourceID string
	Before, After            any
}

// Auditor writes the audit log in the transaction of the deed.
type Auditor interface {
	Record(ctx context.Context, tx database.Tx, e Entry) error
}

// Router holds the operations. Register them all, then call Handler.
type Router struct {
	parts    Parts
	mux      *http.ServeMux
	surfaces map[Door]*surface
	reads    map[string]readAny
	ids      map[string]bool
}

// surface is what is told of the operations behind a door: their document, and
// the schemas in it.
type surface struct {
	doc      *huma.OpenAPI
	registry huma.Registry
	extra    map[string]*huma.Schema // schemas to compile: bodies and parameters
	inputs   map[string]*input
}

type readAny func(ctx context.Context, q database.Querier, c *Call, req *http.Request) (any, error)

// NewRouter returns a router without operations.
func NewRouter(parts Parts) *Router {
	r := &Router{
		parts: parts, mux: http.NewServeMux(), surfaces: map[Door]*surface{}, reads: map[string]readAny{}, ids: map[string]bool{},
	}
	for _, door := range Documents {
		registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
		r.surfaces[door] = &surface{newDocument(door, registry), registry, map[string]*huma.Schema{}, map[string]*input{}}
	}
	r.surfaces[Open] = r.surfaces[Team] // what takes no credential is told where people begin
	r.surfaces[ClientSide] = r.surfaces[Project]
	for _, prefix := range []string{"/management/", "/team/", "/v1/", "/client/"} {
		r.mux.HandleFunc(prefix, r.noSuchOperation)
	}
	r.mux.HandleFunc("OPTIONS /client/", r.preflight)
	return r
}

// Documents are the doors that have an OpenAPI document.
var Documents = []Door{Management, Project, Team}

// declare works out the input, adds the operation to the OpenAPI document and
// leaves its schemas to be compiled by Handler.
func declare[I, O any](r *Router, op *Operation) *input {
	if op.Status == 0 {
		op.Status = http.StatusOK
	}
	if r.ids[op.ID] {
		panic("operation " + op.ID + " is registered twice") // a mistake in app, found by any test
	}
	r.ids[op.ID] = true
	to := r.surfaces[op.Door]
	in, params, payload := inspect(reflect.TypeFor[I](), to.registry, op)
	if op.Door == Team && strings.HasPrefix(op.Path, inProject) && !slices.ContainsFunc(params, func(p *huma.Param) bool { return p.Name == "projectId" }) {
		params = append([]*huma.Param{{Name: "projectId", In: "path", Required: true, Description: "The project.", Schema: &huma.Schema{Type: huma.TypeString}}}, params...)
	}
	if payload != nil {
		to.extra[op.ID+"-body"] = payload
	}
	if s := paramsSchema(params); s != nil {
		to.extra[op.ID+"-params"] = s
	}
	to.inputs[op.ID] = in
	_, single := r.reads[op.Path]
	to.document(op, reflect.TypeFor[O](), append(params, op.Params...), payload, single)
	return in
}

// paramsSchema is the schema of the query parameters as one object.
func paramsSchema(params []*huma.Param) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
	for _, p := range params {
		if p.In == "query" {
			s.Properties[p.Name] = p.Schema
		}
	}
	if len(s.Properties) == 0 {
		return nil
	}
	return s
}

// Handler returns the handler of all registered operations. It fails if a
// declaration cannot be compiled.
func (r *Router) Handler() (http.Handler, error) {
	for _, door := range Documents {
		s := r.surfaces[door]
		s.openSchemas()
		compiled, err := compileSchemas(s.registry.Map(), s.extra)
		if err != nil {
			return nil, fmt.Errorf("cannot compile the operations: %w", err)
		}
		for id, in := range s.inputs {
			in.payload, in.params = compiled[id+"-body"], compiled[id+"-params"]
		}
		if err := s.prune(); err != nil {
			return nil, err
		}
	}
	return r.mux, nil
}

// prune takes those schemas out of the document that nothing refers to, because
// they are written out wherever they are used.
func (s *surface) prune() error {
	schemas := s.registry.Map()
	for {
		raw, err := s.doc.MarshalJSON()
		if err != nil {
			return fmt.Errorf("cannot write the OpenAPI document: %w", err)
		}
		before := len(schemas)
		maps.DeleteFunc(schemas, func(name string, _ *huma.Schema) bool {
			return !bytes.Contains(raw, []byte(`"#/components/schemas/`+name+`"`))
		})
		if len(schemas) == before {
			return nil
		}
	}
}
