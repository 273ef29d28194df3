package audit

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

type list struct {
	From            string `query:"from" format:"date-time" maxLength:"40" doc:"Only what was done from then on."`
	To              string `query:"to" format:"date-time" maxLength:"40" doc:"Only what was done before then."`
	ActorID         string `query:"actor_id" maxLength:"255" doc:"Only what this user did."`
	Action          string `query:"action" maxLength:"255" doc:"Only this operation." example:"update-brand"`
	ResourceType    string `query:"resource_type" maxLength:"255" doc:"Only what was done to resources of this kind."`
	ResourceID      string `query:"resource_id" maxLength:"255" doc:"Only what was done to this resource."`
	ProjectID       string `query:"project_id" maxLength:"255" doc:"Only what was done in this project."`
	Limit           int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many entries; an export has them all."`
	StartingAfterID string `query:"starting_after_id" maxLength:"255" doc:"Only entries older than this one: the last of the page before."`
	Format          string `query:"format" enum:"json,ndjson" doc:"The form of the answer, where an Accept header is not at hand."`
}

// Register adds the operations on the audit log; owners only.
func Register(r *api.Router, s *Service) {
	api.Read(r, api.Operation{
		ID: "list-audit-log", Method: http.MethodGet, Path: "/team/v1/audit-log", Door: api.Team, Tag: "Audit log",
		Permission: ident.SettingsRead, Produces: api.NDJSON,
		Summary: "List the audit log",
		Description: "Lists what people and operators did in the organization, the newest first; `total` counts all entries that match, on every page. " +
			"What is done with a key is not in the log. Send `Accept: application/x-ndjson` or `format=ndjson` for all entries that match, one a line.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, in *list) (out api.Or[api.List[*AuditEntry]], err error) {
		f, err := in.filter()
		if err != nil {
			return out, err
		}
		if in.Format == "ndjson" || (in.Format == "" && c.Prefers(api.NDJSON)) {
			each, err := s.Export(ctx, q, c.Actor.OrganizationID, f)
			out.Raw = api.Lines(each)
			return out, err
		}
		entries, total, err := s.List(ctx, q, c.Actor.OrganizationID, f, in.Limit)
		out.JSON = api.Page(entries, total)
		return out, err
	})
}

// filter returns what the parameters ask for.
func (in *list) filter() (Filter, error) {
	f := Filter{
		ActorID: in.ActorID, Action: in.Action, ResourceType: in.ResourceType, ResourceID: in.ResourceID, ProjectID: in.ProjectID,
		StartingAfterID: in.StartingAfterID,
	}
	var violations []string
	f.From = api.ParseTime("from", in.From, &violations)
	f.To = api.ParseTime("to", in.To, &violations)
	if len(violations) > 0 {
		return Filter{}, fault.Invalid(violations...)
	}
	return f, nil
}
