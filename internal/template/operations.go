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

const collection = "/management/v1/projects/{projectId}/templates/campaigns"

type list struct {
	ProjectID       string     `path:"projectId" doc:"The project."`
	Limit           int        `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"How many templates to list at most."`
	StartingAfterID string     `query:"starting_after_id" maxLength:"64" doc:"List the templates that come after the one with this id, in the order chosen."`
	Order           string     `query:"order" enum:"id,-id" default:"id" doc:"By id, which is by age: id lists the oldest first, -id the newest."`
	IncludeTotal    bool       `query:"include_total" default:"false" doc:"Whether to tell how many templates the project has, whatever the filters."`
	Query           url.Values // the filters
}

type copyTo struct {
	ProjectID  string `path:"projectId" doc:"The project."`
	TemplateID string `path:"campaignTemplateId" doc:"The template."`
	Body       CampaignTemplateCopy
	RawBody    []byte
}

// Register adds the operations on campaign templates.
func Register(r *api.Router, s *Service) {
	registerManagement(r, s)
	registerProject(r, s)
}

func registerManagement(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Management, Tag: "Campaign templates", Resource: "campaign-templates"}

	all := op
	all.ID, all.Method, all.Path, all.Permission = "management-list-campaign-templates", http.MethodGet, collection, ident.SettingsRead
	all.Summary = "List campaign templates"
	all.Description = "Lists the project's campaign templates by age, page by page."
	all.Params = []*huma.Param{filtersParam()}
	all.Faults = []*fault.Code{fault.InvalidPayload}
	api.Read(r, all, func(ctx context.Context, q database.Querier, _ *api.Call, in *list) (CampaignTemplateList, error) {
		return listPage(ctx, s, q, in.ProjectID, &projectList{in.Limit, in.StartingAfterID, in.Order, in.IncludeTotal, in.Query})
	})

	dup := op
	dup.ID, dup.Method, dup.Path, dup.Permission = "management-copy-campaign-template", http.MethodPost, collection+"/{campaignTemplateId}/copy", ident.SettingsWrite
	dup.Summary = "Copy a campaign template to a project"
	dup.Description = "Copies a campaign template to a project of the same organization, under a name that is not taken there. " +
		"The caller needs the right to change settings in both projects."
	dup.Faults = []*fault.Code{fault.DuplicateFound}
	api.Write(r, dup, func(ctx context.Context, tx database.Tx, c *api.Call, in *copyTo) (*CampaignTemplate, error) {
		t, err := s.Copy(ctx, tx, c.Actor, in.ProjectID, in.TemplateID, in.RawBody, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(object, t.ID, nil, t)
		return t, nil
	})
}

// listPage is the list of both doors.
func listPage(ctx context.Context, s *Service, q database.Querier, projectID string, in *projectList) (CampaignTemplateList, error) {
	filters, err := ParseFilters(in.Query)
	if err != nil {
		return CampaignTemplateList{}, err
	}
	page := Page{Limit: in.Limit, After: in.StartingAfterID, Descending: in.Order == "-id", Filters: filters}
	return s.List(ctx, q, projectID, page, in.IncludeTotal)
}

// filtersParam documents the filters, which the list reads by itself.
func filtersParam() *huma.Param {
	explode := true
	longest, most := maxFilterValue, maxFilterValues
	text := func(description string, allowed ...any) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, MaxLength: &longest, Description: description, Enum: allowed}
	}
	conditions := func(description string, allowed ...any) *huma.Schema {
		values := func(description string) *huma.Schema {
			return &huma.Schema{Type: huma.TypeArray, MaxItems: &most, Items: text("", allowed...), Description: description}
		}
		return &huma.Schema{Type: huma.TypeObject, Description: description, Properties: map[string]*huma.Schema{
			"conditions": {Type: huma.TypeObject, Description: "What must hold, by operator. Upper and lower case are told apart.", Properties: map[string]*huma.Schema{
				"$is": text("It is this.", allowed...), "$is_not": text("It is not this.", allowed...),
				"$in": values("It is one of these."), "$not_in": values("It is none of these."),
				"$starts_with": text("It starts with this."), "$ends_with": text("It ends with this."),
				"$contains": text("It contains this."), "$not_contain": text("It does not contain this."),
				"$has_value": text("It has a value; send nothing here.", "", "true"), "$is_unknown": text("It has no value; send nothing here.", "", "true"),
			}},
		}}
	}
	types := make([]any, len(CampaignTypes))
	for i, t := range CampaignTypes {
		types[i] = string(t)
	}
	return &huma.Param{
		Name: "filters", In: "query", Style: "deepObject", Explode: &explode,
		Description: "Lists only what passes, such as `filters[name][conditions][$contains]=Friday` or `filters[campaign_type][conditions][$in][0]=GIFT_VOUCHERS`. " +
			"At most 100 values in all.",
		Schema: &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{
			"junction": {Type: huma.TypeString, Enum: []any{"and", "or"}, Default: "and", Description: "Whether all conditions must hold, or one."},
			"id":       conditions("By the template's id."), "name": conditions("By its name."),
			"campaign_type": conditions("By the kind of campaign.", types...),
		}},
	}
}
