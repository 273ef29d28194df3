package projectkey

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	collection = "/team/v1/projects/{projectId}/keys"
	single     = collection + "/{keyId}"
)

// ProjectKeyCreate is the body that mints a key.
type ProjectKeyCreate struct {
	Kind Kind `json:"kind" enum:"server,client,integration" doc:"Which side of the Project API it opens; it stays so."`
	ProjectKeyDraft
}

// TransformSchema says which members a new key must have.
func (ProjectKeyCreate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s, "kind", "name")
}

// ProjectKeyUpdate is the body that changes a key: what is not sent stays.
type ProjectKeyUpdate struct{ ProjectKeyDraft }

// TransformSchema says that every member may be left out.
func (ProjectKeyUpdate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s)
}

// ProjectKeyRegenerate is the body that gives a key a new token.
type ProjectKeyRegenerate struct {
	OverlapSeconds int `json:"overlap_seconds,omitempty" minimum:"0" maximum:"604800" doc:"For how many seconds the old token stays good, up to seven days." example:"3600"`
}

// ProjectKeyToken is a token while it may be shown.
type ProjectKeyToken struct {
	ID                string           `json:"id" doc:"The key."`
	Token             string           `json:"token" doc:"Its token."`
	TokenVisibleUntil *clock.Timestamp `json:"token_visible_until" nullable:"true" doc:"Until when it can be shown; null for always, as in a sandbox."`
}

type inProject struct {
	ProjectID string `path:"projectId" doc:"The project."`
}

type one struct {
	ProjectID string `path:"projectId" doc:"The project."`
	KeyID     string `path:"keyId" doc:"The key."`
}

type create struct {
	ProjectID string `path:"projectId" doc:"The project."`
	Body      ProjectKeyCreate
}

type update struct {
	ProjectID string `path:"projectId" doc:"The project."`
	KeyID     string `path:"keyId" doc:"The key."`
	Body      ProjectKeyUpdate
	RawBody   []byte
}

type regenerate struct {
	ProjectID string `path:"projectId" doc:"The project."`
	KeyID     string `path:"keyId" doc:"The key."`
	Body      ProjectKeyRegenerate
}

// Register adds the operations on project keys, for those who may manage keys.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Team, Tag: "Project keys", Permission: ident.KeysManage}
	registerReads(r, s, op)
	registerWrites(r, s, op)
	registerSecrets(r, s, op)
}

func registerReads(r *api.Router, s *Service, op api.Operation) {
	list := op
	list.ID, list.Method, list.Path = "list-project-keys", http.MethodGet, collection
	list.Summary = "List a project's keys"
	list.Description = "Lists the keys of the project, the oldest first, without their tokens."
	api.Read(r, list, func(ctx context.Context, q database.Querier, _ *api.Call, in *inProject) (api.List[*ProjectKey], error) {
		keys, err := s.List(ctx, q, in.ProjectID)
		return api.All(keys), err
	})

	get := op
	get.ID, get.Method, get.Path = "get-project-key", http.MethodGet, single
	get.Summary = "Get a project's key"
	get.Description = "Shows one key, without its token."
	api.Read(r, get, func(ctx context.Context, q database.Querier, _ *api.Call, in *one) (*ProjectKey, error) {
		return s.Get(ctx, q, in.ProjectID, in.KeyID)
	})

	reveal := op
	reveal.ID, reveal.Method, reveal.Path, reveal.NoETag = "reveal-project-key-token", http.MethodGet, single+"/token", true
	reveal.Summary = "Show a key's token"
	reveal.Description = "Shows the token again: those of a project's first keys for 14 days, later ones for 15 minutes, a sandbox's always. After that it is erased and nobody can."
	reveal.Faults, reveal.Audited = []*fault.Code{fault.TokenNotVisible}, true
	api.Read(r, reveal, func(ctx context.Context, q database.Querier, c *api.Call, in *one) (*ProjectKeyToken, error) {
		k, err := s.Get(ctx, q, in.ProjectID, in.KeyID)
		if err != nil {
			return nil, err
		}
		c.Record(resource, k.ID, nil, nil)
		token, err := s.Reveal(ctx, q, in.ProjectID, in.KeyID, c.Now)
		return &ProjectKeyToken{ID: k.ID, Token: token, TokenVisibleUntil: k.TokenVisibleUntil}, err
	})
}

func registerWrites(r *api.Router, s *Service, op api.Operation) {
	put := op
	put.ID, put.Method, put.Path = "update-project-key", http.MethodPut, single
	put.Summary = "Change a project's key"
	put.Description = "Changes a key's name, addresses or expiry; the token stays. It takes effect on every node at once."
	api.Write(r, put, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (*ProjectKey, error) {
		before, after, err := s.Update(ctx, tx, c.Actor.OrganizationID, in.ProjectID, in.KeyID, in.RawBody, c.Actor.ID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(resource, after.ID, before, after)
		return after, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-project-key", http.MethodDelete, single, http.StatusNoContent
	del.Summary = "Delete a project's key"
	del.Description = "Deletes the key. Every node refuses it from then on."
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *one) (api.None, error) {
		k, err := s.Delete(ctx, tx, c.Actor.OrganizationID, in.ProjectID, in.KeyID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(resource, k.ID, k, nil)
		return api.None{}, nil
	})
}

// registerSecrets adds what answers with a new token, which a stored answer
// may hold no longer than it may be shown.
func registerSecrets(r *api.Router, s *Service, op api.Operation) {
	op.NoETag, op.KeepAnswer = true, RevealWindow

	post := op
	post.ID, post.Method, post.Path = "create-project-key", http.MethodPost, collection
	post.Summary = "Mint a project's key"
	post.Description = "Mints a key and shows its token."
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *create) (*ProjectKeyMinted, error) {
		m, err := s.Create(ctx, tx, c.Actor.OrganizationID, in.ProjectID, in.Body.Kind, in.Body.ProjectKeyDraft, c.Actor.ID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(resource, m.ID, nil, &m.ProjectKey)
		return m, nil
	})

	turn := op
	turn.ID, turn.Method, turn.Path = "regenerate-project-key", http.MethodPost, single+"/regenerate"
	turn.Summary = "Regenerate a project's key"
	turn.Description = "Gives the key a new token. The old one stays good for the overlap, so that nothing stops while it is replaced."
	api.Write(r, turn, func(ctx context.Context, tx database.Tx, c *api.Call, in *regenerate) (*ProjectKeyMinted, error) {
		before, m, err := s.Regenerate(ctx, tx, c.Actor.OrganizationID, in.ProjectID, in.KeyID, time.Duration(in.Body.OverlapSeconds)*time.Second, c.Actor.ID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(resource, m.ID, before, &m.ProjectKey)
		return m, nil
	})
}
