package stacking

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	collection = "/management/v1/projects/{projectId}/stacking-rules"
	single     = collection + "/{stackingRulesId}"
)

type inProject struct {
	ProjectID string `path:"projectId" doc:"The project."`
}

type oneSet struct {
	ProjectID       string `path:"projectId" doc:"The project."`
	StackingRulesID string `path:"stackingRulesId" doc:"The set of rules."`
}

type create struct {
	ProjectID string `path:"projectId" doc:"The project."`
	Body      StackingRulesCreate
	RawBody   []byte
}

type update struct {
	ProjectID       string `path:"projectId" doc:"The project."`
	StackingRulesID string `path:"stackingRulesId" doc:"The set of rules."`
	Body            StackingRulesUpdate
	RawBody         []byte
}

// Register adds the operations on stacking rules.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Management, Tag: "Stacking rules", Resource: "stacking-rules", Permission: ident.SettingsRead}

	list := op
	list.ID, list.Method, list.Path = "list-stacking-rules", http.MethodGet, collection
	list.Summary = "List stacking rules"
	list.Description = "Lists the rules that hold in the project: always one entry. The default rules, which hold until the project has a set of its own, have no id."
	api.Read(r, list, func(ctx context.Context, q database.Querier, _ *api.Call, in *inProject) (api.List[*StackingRules], error) {
		current, err := s.Current(ctx, q, in.ProjectID)
		return api.All([]*StackingRules{current}), err
	})

	get := op
	get.ID, get.Method, get.Path = "get-stacking-rules", http.MethodGet, single
	get.Summary = "Get stacking rules"
	get.Description = "Shows the project's own set of rules."
	api.Read(r, get, func(ctx context.Context, q database.Querier, _ *api.Call, in *oneSet) (*StackingRules, error) {
		return s.Get(ctx, q, in.ProjectID, in.StackingRulesID)
	})

	op.Permission = ident.SettingsWrite
	post := op
	post.ID, post.Method, post.Path = "create-stacking-rules", http.MethodPost, collection
	post.Summary = "Create stacking rules"
	post.Description = "Gives the project a set of rules of its own, which overrides the defaults. What is not sent has its default. " +
		"A project has at most one set; change it with an update.\n\n" +
		"The rules must hold together: `applicable_redeemables_limit` is at most `redeemables_limit`, each limit by category at most the limit over all, " +
		"and a category stands in one list of a pair at most. Null for a limit by category sets no such limit."
	post.Faults = []*fault.Code{fault.StackingRulesExist}
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *create) (*StackingRules, error) {
		rules := Defaults()
		if err := api.Merge(in.RawBody, &rules); err != nil {
			return nil, err
		}
		own, err := s.Create(ctx, tx, in.ProjectID, rules, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, own.ID, nil, own)
		return own, nil
	})

	put := op
	put.ID, put.Method, put.Path = "update-stacking-rules", http.MethodPut, single
	put.Summary = "Update stacking rules"
	put.Description = "Changes what is sent and leaves the rest as it is. A list, and the limits of single categories, are replaced as a whole. " +
		"What comes out must hold together, as with a new set. Null for a limit by category sets no such limit."
	api.Write(r, put, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (*StackingRules, error) {
		before, after, err := s.Update(ctx, tx, in.ProjectID, in.StackingRulesID, in.RawBody, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, after.ID, before, after)
		return after, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-stacking-rules", http.MethodDelete, single, http.StatusNoContent
	del.Summary = "Delete stacking rules"
	del.Description = "Removes the project's own set of rules. The defaults hold again."
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *oneSet) (api.None, error) {
		own, err := s.Delete(ctx, tx, in.ProjectID, in.StackingRulesID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(kind, own.ID, own, nil)
		return api.None{}, nil
	})

	registerEvaluate(r, s)
}
