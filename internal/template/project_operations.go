package template

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	projectCollection = "/v1/templates/campaigns"
	projectSingle     = projectCollection + "/{campaignTemplateId}"
)

type projectList struct {
	Limit           int        `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"How many templates to list at most."`
	StartingAfterID string     `query:"starting_after_id" maxLength:"64" doc:"List the templates that come after the one with this id, in the order chosen."`
	Order           string     `query:"order" enum:"id,-id" default:"id" doc:"By id, which is by age: id lists the oldest first, -id the newest."`
	IncludeTotal    bool       `query:"include_total" default:"false" doc:"Whether to tell how many templates the project has, whatever the filters."`
	Query           url.Values // the filters
}

type show struct {
	TemplateID string `path:"campaignTemplateId" doc:"The template."`
	Expand     string `query:"expand" enum:"json_template" doc:"Show the definition of the campaign as well, with json_template."`
}

type one struct {
	TemplateID string `path:"campaignTemplateId" doc:"The template."`
}

type create struct{ Body CampaignTemplateCreate }

type update struct {
	TemplateID string `path:"campaignTemplateId" doc:"The template."`
	Body       CampaignTemplateUpdate
	RawBody    []byte
}

// registerProject adds the operations of the Project API.
func registerProject(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Project, Tag: "Campaign templates"}
	op.Permission, op.OrPermission = ident.DataRead, ident.IncentivesRead
	registerReads(r, s, op)
	op.Permission, op.OrPermission = ident.DataWrite, ""
	registerWrites(r, s, op)
}

func registerReads(r *api.Router, s *Service, op api.Operation) {
	all := op
	all.ID, all.Method, all.Path = "list-campaign-templates", http.MethodGet, projectCollection
	all.Summary = "List campaign templates"
	all.Description = "Lists the project's campaign templates by age, page by page."
	all.Params = []*huma.Param{filtersParam()}
	all.Faults = []*fault.Code{fault.InvalidPayload}
	api.Read(r, all, func(ctx context.Context, q database.Querier, c *api.Call, in *projectList) (CampaignTemplateList, error) {
		return listPage(ctx, s, q, c.ProjectID, in)
	})

	get := op
	get.ID, get.Method, get.Path = "get-campaign-template", http.MethodGet, projectSingle
	get.Summary = "Get a campaign template"
	get.Description = "Shows one campaign template, and with `expand=json_template` the definition of its campaign. " +
		"The ETag of an expanded answer is another one: an If-Match takes that of the plain answer."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *show) (*CampaignTemplateDetails, error) {
		t, err := s.Get(ctx, q, c.ProjectID, in.TemplateID)
		if err != nil {
			return nil, err
		}
		details := &CampaignTemplateDetails{CampaignTemplate: *t}
		if in.Expand != "" {
			details.JSONTemplate, err = s.Campaign(ctx, q, c.ProjectID, in.TemplateID)
		}
		return details, err
	})
}

func registerWrites(r *api.Router, s *Service, op api.Operation) {
	post := op
	post.ID, post.Method, post.Path = "create-campaign-template", http.MethodPost, projectCollection
	post.Summary = "Create a campaign template"
	post.Description = "Makes a campaign template from the definition of a campaign, under a name that is not taken in the project."
	post.Faults = []*fault.Code{fault.ResourceNotFound, fault.DuplicateFound}
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *create) (*CampaignTemplate, error) {
		d, err := in.Body.definition()
		if err != nil {
			return nil, err
		}
		t, err := s.Create(ctx, tx, c.ProjectID, d, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(object, t.ID, nil, t)
		return t, nil
	})

	put := op
	put.ID, put.Method, put.Path = "update-campaign-template", http.MethodPut, projectSingle
	put.Summary = "Update a campaign template"
	put.Description = "Changes a template's name or description, whichever is sent; null clears the description. The definition of its campaign stays."
	put.Faults = []*fault.Code{fault.DuplicateFound}
	api.Write(r, put, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (*CampaignTemplate, error) {
		before, after, err := s.Update(ctx, tx, c.ProjectID, in.TemplateID, in.RawBody, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(object, after.ID, before, after)
		return after, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-campaign-template", http.MethodDelete, projectSingle, http.StatusNoContent
	del.Summary = "Delete a campaign template"
	del.Description = "Removes a campaign template for good. Copies of it stay."
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *one) (api.None, error) {
		t, err := s.Delete(ctx, tx, c.ProjectID, in.TemplateID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(object, t.ID, t, nil)
		return api.None{}, nil
	})
}
