package managementkey

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
	collection = "/team/v1/management-keys"
	single     = collection + "/{keyId}"
)

// ManagementKeyCreate is the body that mints a key.
type ManagementKeyCreate struct{ Draft }

// ManagementKeyUpdate is the body that changes a key: what is not sent stays.
type ManagementKeyUpdate struct{ Draft }

// TransformSchema says that every member may be left out.
func (ManagementKeyUpdate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s)
}

// ManagementKeyRotate is the body that rotates a key.
type ManagementKeyRotate struct {
	OverlapSeconds int `json:"overlap_seconds,omitempty" minimum:"0" maximum:"604800" doc:"For how many seconds the old token stays good, up to seven days." example:"3600"`
}

// ManagementKeyToken is a token inside its reveal window.
type ManagementKeyToken struct {
	ID                string          `json:"id" doc:"The key."`
	Token             string          `json:"token" doc:"Its token."`
	TokenVisibleUntil clock.Timestamp `json:"token_visible_until" doc:"Until when it can be shown."`
}

type one struct {
	KeyID string `path:"keyId" doc:"The key."`
}

type create struct{ Body ManagementKeyCreate }

type update struct {
	KeyID   string `path:"keyId" doc:"The key."`
	Body    ManagementKeyUpdate
	RawBody []byte
}

type rotate struct {
	KeyID string `path:"keyId" doc:"The key."`
	Body  ManagementKeyRotate
}

// Register adds the operations on management keys; owners only.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Team, Tag: "Management keys", Permission: ident.SettingsWrite}
	registerReads(r, s, op)
	registerWrites(r, s, op)
}

func registerReads(r *api.Router, s *Service, op api.Operation) {
	list := op
	list.ID, list.Method, list.Path = "list-management-keys", http.MethodGet, collection
	list.Summary = "List Management API keys"
	list.Description = "Lists the organization's Management API keys, without their tokens."
	api.Read(r, list, func(ctx context.Context, q database.Querier, c *api.Call, _ *struct{}) (api.List[*Key], error) {
		keys, err := s.List(ctx, q, c.Actor.OrganizationID)
		return api.All(keys), err
	})

	get := op
	get.ID, get.Method, get.Path = "get-management-key", http.MethodGet, single
	get.Summary = "Get a Management API key"
	get.Description = "Shows one key, without its token."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *one) (*Key, error) {
		return s.Get(ctx, q, c.Actor.OrganizationID, in.KeyID)
	})

	reveal := op
	reveal.ID, reveal.Method, reveal.Path = "get-management-key-token", http.MethodGet, single+"/token"
	reveal.Summary = "Show a key's token"
	reveal.Description = "Shows the token again, within 15 minutes after it was minted. After that it is erased and nobody can."
	reveal.Faults, reveal.Audited = []*fault.Code{fault.TokenNotVisible}, true
	api.Read(r, reveal, func(ctx context.Context, q database.Querier, c *api.Call, in *one) (*ManagementKeyToken, error) {
		k, err := s.Get(ctx, q, c.Actor.OrganizationID, in.KeyID)
		if err != nil {
			return nil, err
		}
		c.Record(kind, k.ID, nil, nil)
		token, err := s.Reveal(ctx, q, c.Actor.OrganizationID, in.KeyID, c.Now)
		return &ManagementKeyToken{ID: k.ID, Token: token, TokenVisibleUntil: k.TokenVisibleUntil}, err
	})
}

func registerWrites(r *api.Router, s *Service, op api.Operation) {
	post := op
	post.ID, post.Method, post.Path, post.NoETag, post.KeepAnswer = "create-management-key", http.MethodPost, collection, true, RevealWindow
	post.Summary = "Mint a Management API key"
	post.Description = "Mints a key and shows its token. An organization has at most five keys until an operator allows more."
	post.Faults = []*fault.Code{fault.ManagementKeysLimit, fault.ResourceNotFound}
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *create) (*Minted, error) {
		m, err := s.Create(ctx, tx, c.Actor.OrganizationID, in.Body.Draft, c.Actor.ID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, m.ID, nil, &m.Key)
		return m, nil
	})

	put := op
	put.ID, put.Method, put.Path = "update-management-key", http.MethodPut, single
	put.Summary = "Change a Management API key"
	put.Description = "Changes a key's name, scopes, addresses, projects or expiry; the token stays. It takes effect on every node at once."
	api.Write(r, put, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (*Key, error) {
		before, after, err := s.Update(ctx, tx, c.Actor.OrganizationID, in.KeyID, in.RawBody, c.Actor.ID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, after.ID, before, after)
		return after, nil
	})

	turn := op
	turn.ID, turn.Method, turn.Path, turn.NoETag, turn.KeepAnswer = "rotate-management-key", http.MethodPost, single+"/rotate", true, RevealWindow
	turn.Summary = "Rotate a Management API key"
	turn.Description = "Gives the key a new token. The old one stays good for the overlap, so that nothing stops while it is replaced."
	api.Write(r, turn, func(ctx context.Context, tx database.Tx, c *api.Call, in *rotate) (*Minted, error) {
		before, err := s.Get(ctx, tx, c.Actor.OrganizationID, in.KeyID)
		if err != nil {
			return nil, err
		}
		m, err := s.Rotate(ctx, tx, c.Actor.OrganizationID, in.KeyID, time.Duration(in.Body.OverlapSeconds)*time.Second, c.Actor.ID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, m.ID, before, &m.Key)
		return m, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-management-key", http.MethodDelete, single, http.StatusNoContent
	del.Summary = "Delete a Management API key"
	del.Description = "Deletes the key. Every node refuses it from then on."
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *one) (api.None, error) {
		k, err := s.Delete(ctx, tx, c.Actor.OrganizationID, in.KeyID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(kind, k.ID, k, nil)
		return api.None{}, nil
	})
}
