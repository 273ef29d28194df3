package category

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	collection = "/v1/categories"
	single     = collection + "/{categoryId}"
)

type one struct {
	CategoryID string `path:"categoryId" doc:"The category."`
}

type create struct{ Body CategoryCreate }

type update struct {
	CategoryID string `path:"categoryId" doc:"The category."`
	Body       CategoryUpdate
}

type remove struct {
	CategoryID      string `path:"categoryId" doc:"The category."`
	RemoveFromRules bool   `query:"remove_from_stacking_rules" default:"false" doc:"Whether to take it out of the stacking rules as well, wherever they name it."`
}

// Register adds the operations on categories.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Project, Tag: "Categories"}
	op.Permission, op.OrPermission = ident.SettingsRead, ident.IncentivesRead
	registerReads(r, s, op)
	op.Permission, op.OrPermission = ident.SettingsWrite, ""
	registerWrites(r, s, op)
}

func registerReads(r *api.Router, s *Service, op api.Operation) {
	list := op
	list.ID, list.Method, list.Path = "list-categories", http.MethodGet, collection
	list.Summary = "List categories"
	list.Description = "Lists the project's categories by their hierarchy, the lowest first, and by age where it is the same."
	api.Read(r, list, func(ctx context.Context, q database.Querier, c *api.Call, _ *struct{}) (api.List[*Category], error) {
		categories, err := s.List(ctx, q, c.ProjectID)
		return api.All(categories), err
	})

	get := op
	get.ID, get.Method, get.Path = "get-category", http.MethodGet, single
	get.Summary = "Get a category"
	get.Description = "Shows one category."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *one) (*Category, error) {
		return s.Get(ctx, q, c.ProjectID, in.CategoryID)
	})
}

func registerWrites(r *api.Router, s *Service, op api.Operation) {
	post := op
	post.ID, post.Method, post.Path = "create-category", http.MethodPost, collection
	post.Summary = "Create a category"
	post.Description = "Makes a category, for redeemables to be sorted into and for stacking rules to name. Names need not be unique."
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *create) (*Category, error) {
		made, err := s.Create(ctx, tx, c.ProjectID, in.Body.Definition, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(object, made.ID, nil, made)
		return made, nil
	})

	put := op
	put.ID, put.Method, put.Path = "update-category", http.MethodPut, single
	put.Summary = "Update a category"
	put.Description = "Gives a category another name and hierarchy; both have to be sent. Stacking rules that name it go on doing so."
	api.Write(r, put, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (*Category, error) {
		before, after, err := s.Update(ctx, tx, c.ProjectID, in.CategoryID, in.Body.Definition, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(object, after.ID, before, after)
		return after, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-category", http.MethodDelete, single, http.StatusNoContent
	del.Summary = "Delete a category"
	del.Description = "Removes a category for good. One that the stacking rules name is kept, unless the call says to take it out of them as well."
	del.Faults = []*fault.Code{fault.CategoryInUse}
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *remove) (api.None, error) {
		gone, err := s.Delete(ctx, tx, c.ProjectID, in.CategoryID, in.RemoveFromRules, c.Now)
		if err != nil {
			return api.None{}, err
		}
		c.Record(object, gone.ID, gone, nil)
		return api.None{}, nil
	})
}
