package usage

import (
	"context"
	"net/http"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const csvType = "text/csv"

// UsageQuery is what can be asked of a report.
type UsageQuery struct {
	Metric   string `query:"metric" enum:"management_api_calls,api_calls,bulk_api_calls,webhook_calls,messages" default:"management_api_calls" doc:"What to report."`
	From     string `query:"from" format:"date-time" maxLength:"40" doc:"From when on; by default 24 hours before to, or 30 days where the interval is day. Moved back to a whole hour or day in UTC."`
	To       string `query:"to" format:"date-time" maxLength:"40" doc:"Until before when; by default now. Moved forward to a whole hour or day in UTC."`
	Interval string `query:"interval" enum:"hour,day" default:"hour" doc:"What to sum up by: at most 31 days by the hour, 400 by the day."`
	GroupBy  string `query:"group_by" enum:"key,project,operation,status" doc:"What to break the calls down by."`
	Format   string `query:"format" enum:"json,csv" doc:"The form of the answer, where an Accept header is not at hand."`
}

type projectReport struct {
	ProjectID string `path:"projectId" doc:"The project."`
	UsageQuery
}

// Register adds the reports on usage: the organization's for owners, a
// project's for those of its members who may read its settings.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Method: http.MethodGet, Door: api.Team, Tag: "Usage", Permission: ident.SettingsRead, Produces: csvType}
	const how = "Hours and days without calls are left out. Usage is kept for 400 days. Send `Accept: text/csv` or `format=csv` for the entries alone, as CSV."

	all := op
	all.ID, all.Path = "get-usage", "/team/v1/usage"
	all.Summary, all.Description = "Report usage", "Tells how many calls the organization has made, by hour or day, with the limits that apply. For owners. "+how
	api.Read(r, all, func(ctx context.Context, q database.Querier, c *api.Call, in *UsageQuery) (api.Or[*UsageReport], error) {
		return s.answer(ctx, q, c, in)
	})

	one := op
	one.ID, one.Path = "get-project-usage", "/team/v1/projects/{projectId}/usage"
	one.Summary, one.Description = "Report a project's usage", "Tells how many calls were made for the project, by hour or day, with the project's own limits. "+how
	api.Read(r, one, func(ctx context.Context, q database.Querier, c *api.Call, in *projectReport) (api.Or[*UsageReport], error) {
		return s.answer(ctx, q, c, &in.UsageQuery)
	})
}

// answer reports on the call's project, or on the organization if it has none.
func (s *Service) answer(ctx context.Context, q database.Querier, c *api.Call, in *UsageQuery) (out api.Or[*UsageReport], err error) {
	of, err := in.query(c.Now)
	if err != nil {
		return out, err
	}
	of.ProjectID = c.ProjectID
	if out.JSON, err = s.Report(ctx, q, c.Actor.OrganizationID, of, c.Now); err != nil {
		return out, err
	}
	if in.Format == "csv" || (in.Format == "" && c.Prefers(csvType)) {
		out.Raw = &api.Raw{ContentType: csvType + "; charset=utf-8; header=present", Write: out.JSON.WriteCSV}
	}
	return out, nil
}

// query fills in what was left out.
func (in *UsageQuery) query(now clock.Timestamp) (Query, error) {
	of := Query{Metric: in.Metric, To: now, Interval: Interval(in.Interval), GroupBy: GroupBy(in.GroupBy)}
	var violations []string
	if in.To != "" {
		parseTime("to", in.To, &of.To, &violations)
	}
	of.From = of.To.Add(-day)
	if of.Interval == Daily {
		of.From = of.To.Add(-30 * day)
	}
	if in.From != "" {
		parseTime("from", in.From, &of.From, &violations)
	}
	if len(violations) > 0 {
		return Query{}, fault.Invalid(violations...)
	}
	return of, nil
}

// parseTime reads a time that the schema's format has let through. The format
// knows leap seconds, which Go does not.
func parseTime(name, text string, into *clock.Timestamp, violations *[]string) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		*violations = append(*violations, "Property ."+name+" must be an RFC 3339 time from 1970 on, such as 2026-11-23T10:00:00.000Z")
		return
	}
	*into = clock.At(t)
}
